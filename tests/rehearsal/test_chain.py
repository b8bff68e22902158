"""What `terraform apply` does to the table, as records of its stream."""

from aftgen.rehearsal.chain import Change, changes
from aftgen.request_row import RequestRow


def row(email: str, name: str = "lab", tags: str = "{}", place: str = "") -> RequestRow:
    return RequestRow(
        id=email,
        control_tower_parameters={"AccountEmail": email, "AccountName": name},
        change_management_parameters={"change_reason": "because"},
        account_tags=tags,
        custom_fields="{}",
        account_customizations_name="",
        place=place,
    )


def test_removed_rows_come_first_and_equal_ones_cause_nothing() -> None:
    gone, kept, edited = row("gone@x"), row("kept@x"), row("edited@x")
    new = row("new@x")
    now = row("edited@x", tags='{"a":"b"}')
    found = changes([gone, kept, edited], [new, row("kept@x", place="other.tf:1"), now])
    assert [(each.event, each.row.id) for each in found] == [
        ("REMOVE", "gone@x"),
        ("INSERT", "new@x"),
        ("MODIFY", "edited@x"),
    ]


def test_the_record_is_what_the_lambdas_get() -> None:
    old, new = row("lab@x"), row("lab@x", tags='{"a":"b"}')
    assert Change(old=old, new=new).record() == {
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "eventVersion": "1.1",
        "dynamodb": {
            "Keys": {"id": {"S": "lab@x"}},
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            "OldImage": old.item(),
            "NewImage": new.item(),
        },
    }
    assert set(Change(old=old).record()["dynamodb"]) == {"Keys", "StreamViewType", "OldImage"}
