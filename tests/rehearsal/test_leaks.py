"""Secrets in what a build printed: named, and masked."""

from pathlib import Path

from aftgen.rehearsal.leaks import mask, profile_secrets

KEY = "AKIA" + "QWERTYUIOPASDFGH"
KNOWN = {"s3cr3t": "the secret access key of profile aft-target", "s3cr3t-and-more": "another"}


def test_the_keys_of_every_profile_are_known(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(
        "[default]\naws_access_key_id = a%b\n[aft-target]\naws_secret_access_key = c\naws_session_token =\n"
    )
    assert profile_secrets(path) == {
        "a%b": "the access key id of profile default",
        "c": "the secret access key of profile aft-target",
    }
    assert profile_secrets(tmp_path / "none") == {}


def test_what_is_no_secret_stays_as_it_is() -> None:
    assert mask("nothing to see\n", KNOWN) == ("nothing to see\n", ())


def test_each_secret_is_named_with_its_line_and_no_part_of_it_is_left() -> None:
    text, leaks = mask(f"one\ns3cr3t s3cr3t\nä {KEY}\n", KNOWN)
    assert text == "one\n[secret] [secret]\nä [secret]\n"
    own = "the secret access key of profile aft-target (line 2 of the log)"
    assert list(map(str, leaks)) == [own, own, "what looks like a credential (line 3 of the log)"]


def test_secrets_that_overlap_are_masked_to_the_last_character() -> None:
    text, leaks = mask("s3cr3t-and-more.", KNOWN)
    assert text == "[secret][secret]."
    assert len(leaks) == 2
