"""Where credentials come from: each link of the SDKs' chain, seen by a server that looks at the signature of what it is asked."""

import pytest

from harness.credential_world import FOUND, SECRET, CredentialWorld


@pytest.fixture
def world():
    world = CredentialWorld()
    yield world
    world.stop()


NOTHING = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}


def ask(laminar, world, **environment):
    """Who asked Kinesis when `laminar tail` ran in that environment: the one (key, token, region)."""
    laminar("tail", "none", environment={**NOTHING, "AWS_ENDPOINT_URL_KINESIS": world.url, **environment}).expect(1)
    assert world.asked, "Kinesis was not asked"
    assert [wrong for *_, wrong in world.asked if wrong] == []
    (who,) = {(key, token, region) for key, token, region, _ in world.asked}
    return who


def test_environment(laminar, world):
    who = ask(laminar, world, AWS_ACCESS_KEY_ID="AKIDENV", AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN="a+b=")
    assert who == ("AKIDENV", "a+b=", "us-east-1")


def test_profile_files(laminar, world, tmp_path):
    (tmp_path / "credentials").write_text(f"[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = x\n"
                                          f"[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = {SECRET}\n")
    (tmp_path / "config").write_text("[profile work]\nregion = eu-west-3\n")
    who = ask(laminar, world, AWS_PROFILE="work", AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "credentials"), AWS_CONFIG_FILE=str(tmp_path / "config"),
              AWS_REGION=None)
    assert who == ("AKIDWORK", None, "eu-west-3")


def test_container(laminar, world):
    who = ask(laminar, world, AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{world.url}/container", AWS_CONTAINER_AUTHORIZATION_TOKEN="container-token")
    assert who == ("AKIDFOUND", FOUND["Token"], "us-east-1")


def test_instance_metadata(laminar, world):
    who = ask(laminar, world, AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=world.url, AWS_REGION=None)
    assert who == ("AKIDFOUND", FOUND["Token"], "eu-north-1")


def test_environment_goes_before_the_instance(laminar, world):
    who = ask(laminar, world, AWS_ACCESS_KEY_ID="AKIDENV", AWS_SECRET_ACCESS_KEY=SECRET, AWS_EC2_METADATA_DISABLED="false",
              AWS_EC2_METADATA_SERVICE_ENDPOINT=world.url)
    assert who == ("AKIDENV", None, "us-east-1")
