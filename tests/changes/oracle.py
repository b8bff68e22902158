"""AFT's handlers again, as literally as their text allows: what `decision` is compared with.

Written from the framework's source over plain DynamoDB images and dictionaries for what it looks up; shares
no code with `aftgen.changes`. Names of functions are the framework's own. It says what the handlers *did*:
which message was queued, which state machine or lambda started, which exception ended it.
"""

from dataclasses import dataclass, field
from typing import Any

OU = "ManagedOrganizationalUnit"


class Failed(Exception):
    """The framework raised this."""


@dataclass
class World:
    """What the framework's clients would return.

    ``accounts``: ListAccounts. ``products``: healthy ones, with their physical id and AccountEmail output.
    ``shared``: ids in the order of get_shared_ids. ``ou_of``: account id to its OU's name. ``by_account_id``:
    1.20.0 and later.
    """

    accounts: list[dict[str, str]]
    products: list[dict[str, str]]
    shared: list[dict[str, str]]
    ou_of: dict[str, str]
    by_account_id: bool
    queue: list[dict[str, Any]] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


def handle(old_image: dict[str, Any] | None, new_image: dict[str, Any] | None, world: World) -> None:
    """A record from the stream to its end: the dispatch, then the queue's or the cleanup's own lambda."""
    if old_image is not None and old_image == new_image:
        return  # no record
    event = "INSERT" if old_image is None else "REMOVE" if new_image is None else "MODIFY"
    record = {"eventName": event, "OldImage": old_image, "NewImage": new_image}
    process_request(record, world)
    for message in world.queue:
        account_request_processor(message, world)


def process_request(record: dict[str, Any], world: World) -> None:
    new_image, old_image = record["NewImage"], record["OldImage"]
    is_update_action = all([old_image, new_image])
    is_create_action = old_image is None and new_image is not None
    updated = False
    if record["eventName"] == "MODIFY" and is_update_action:
        updated = unmarshal(old_image["control_tower_parameters"]) != unmarshal(
            new_image["control_tower_parameters"]
        )
    if record["eventName"] == "REMOVE":
        cleanup_resources(old_image, world)
    elif not control_tower_param_changed(record) and shared_account_request(record, world):
        handle_customization_request(record, world, None)
    elif is_create_action:
        if world.by_account_id:
            enrolled = get_account_id_if_enrolled(record, world)
            if enrolled is None:
                insert_msg_into_acc_req_queue(record, world, "ADD")
            elif not updated:
                handle_customization_request(record, world, enrolled)
        else:
            if not provisioned_product_exists(record, world):
                insert_msg_into_acc_req_queue(record, world, "ADD")
            elif not updated:
                handle_customization_request(record, world, None)
    elif is_update_action and updated:
        insert_msg_into_acc_req_queue(record, world, "UPDATE")
    elif is_update_action and not updated:
        handle_customization_request(record, world, None)
    else:
        raise Failed("Unsupported account request")


def control_tower_param_changed(record: dict[str, Any]) -> bool:
    if record["eventName"] == "MODIFY":
        old = unmarshal(record["OldImage"]["control_tower_parameters"])
        new = unmarshal(record["NewImage"]["control_tower_parameters"])
        if old != new:
            return True
    return False


def shared_account_request(record: dict[str, Any], world: World) -> bool:
    ct_params = unmarshal(record["NewImage"]["control_tower_parameters"])
    account_email = ct_params["AccountEmail"]
    account_name = ct_params["AccountName"]
    request_ou = ct_params["ManagedOrganizationalUnit"]
    for response in world.shared:
        if emails_are_equal(response["Email"], account_email) and response["Name"] == account_name:
            if not request_ou == world.ou_of[response["Id"]]:
                raise Failed(
                    "Unsupported action: Cannot change OU for a Shared CT account or CT management account"
                )
            return True
        elif emails_are_equal(response["Email"], account_email) and response["Name"] != account_name:
            raise Failed(
                f"Account Email {account_email} is a shared account email, however, the Account Name "
                f"{account_name} does not match"
            )
        elif response["Name"] == account_name and not emails_are_equal(response["Email"], account_email):
            raise Failed(
                f"Account Name {account_name} is a shared account Name, however, the Account Email "
                f"{account_email} does not match"
            )
    return False


def get_account_id_if_enrolled(record: dict[str, Any], world: World) -> str | None:
    email = unmarshal(record["NewImage"]["control_tower_parameters"])["AccountEmail"]
    account = get_account_by_email(email, world)
    if account is None:
        return None
    for product in world.products:
        if product["PhysicalId"] == account["Id"]:
            return account["Id"]
    return None


def provisioned_product_exists(record: dict[str, Any], world: World) -> bool:
    email = unmarshal(record["NewImage"]["control_tower_parameters"])["AccountEmail"]
    return any(emails_are_equal(email, product["AccountEmail"]) for product in world.products)


def insert_msg_into_acc_req_queue(record: dict[str, Any], world: World, operation: str) -> None:
    message = {
        "operation": operation,
        "control_tower_parameters": unmarshal(record["NewImage"]["control_tower_parameters"]),
    }
    if record["eventName"] == "MODIFY":
        message["old_control_tower_parameters"] = unmarshal(record["OldImage"]["control_tower_parameters"])
    world.queue.append(message)


def handle_customization_request(record: dict[str, Any], world: World, account_id: str | None) -> None:
    if account_id is None:
        account_id = get_account_id_from_email(record["NewImage"]["id"]["S"], world)
    world.did.append(f"customize {account_id}")


def cleanup_resources(old_image: dict[str, Any], world: World) -> None:
    account_id = get_account_id_from_email(old_image["id"]["S"], world)
    world.did.append(f"cleanup {account_id}")


def account_request_processor(body: dict[str, Any], world: World) -> None:
    valid = True
    if body["operation"] == "ADD":
        valid = new_ct_request_is_valid(body, world)
        if valid:
            world.did.append(f"provision {body['control_tower_parameters']['AccountName']}")
    elif body["operation"] == "UPDATE":
        valid = modify_ct_request_is_valid(body, world)
        if valid:
            update_existing_account(body, world)
    if not valid:
        raise Failed("CT Request is not valid")


def new_ct_request_is_valid(request: dict[str, Any], world: World) -> bool:
    name = request["control_tower_parameters"]["AccountName"]
    email = request["control_tower_parameters"]["AccountEmail"]
    for account in world.accounts:
        if name == account["Name"]:
            world.log.append(f"Account Name: {name} already used in Organizations")
            return False
        if emails_are_equal(email, account["Email"]):
            world.log.append(f"Account Email: {email} already used in Organizations")
            return False
    return True


def modify_ct_request_is_valid(request: dict[str, Any], world: World) -> bool:
    old = request.get("old_control_tower_parameters", {})
    new = request["control_tower_parameters"]
    for param_name in old:
        if param_name != OU and old[param_name] != new[param_name]:
            world.log.append(f"Control Tower parameter {param_name} cannot be modified")
            return False
    return True


def update_existing_account(request: dict[str, Any], world: World) -> None:
    email = request["control_tower_parameters"]["AccountEmail"]
    target = None
    if world.by_account_id:
        account = get_account_by_email(email, world)
        if account is not None:
            for product in world.products:
                if product["PhysicalId"] == account["Id"]:
                    target = product
                    break
    else:
        for product in world.products:
            if emails_are_equal(product["AccountEmail"], email):
                target = product
                break
    if target is None:
        raise Failed(f"No healthy provisioned product found for {email}")
    world.did.append(f"update {target['PhysicalId']}")


def get_account_by_email(email: str, world: World) -> dict[str, str] | None:
    for account in world.accounts:
        if emails_are_equal(email, account["Email"]):
            return account
    return None


def get_account_id_from_email(email: str, world: World) -> str:
    for account in world.accounts:
        if emails_are_equal(account["Email"], email):
            return account["Id"]
    raise Failed(f"Account email {email} not found in Organization")


def emails_are_equal(first_email: str, second_email: str) -> bool:
    return first_email.lower() == second_email.lower()


def unmarshal(attribute: dict[str, Any]) -> dict[str, str]:
    return {key: value["S"] for key, value in attribute["M"].items()}
