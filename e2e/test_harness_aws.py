"""The stock `aws` without its start behaves as the stock `aws`."""

import os

from harness import quick_aws, tools
from test_accounts import HOME


def test_credentials_of_roles_are_kept_in_the_home_of_who_asks(wharf, tmp_path):
    """Of an installation that is gone they would be refused."""
    iam = wharf.client("iam")
    user, role = "keeps-credentials", "kept-in-a-home"
    made = iam.create_user(UserName=user)["User"]["Arn"]
    key = iam.create_access_key(UserName=user)["AccessKey"]
    may = f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"AWS": "{made}"}}, "Action": "sts:AssumeRole"}}]}}'
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=may)["Role"]["Arn"]
    config = tmp_path / "config"
    config.write_text(
        f"[profile user]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        f"[profile role]\nrole_arn = {arn}\nsource_profile = user\nregion = us-east-1\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"HOME": str(tmp_path), "AWS_CONFIG_FILE": str(config), "AWS_ENDPOINT_URL": wharf.endpoint}
    said = tools.run(
        quick_aws.program(), "--profile", "role", "sts", "get-caller-identity", "--query", "Account", "--output", "text", env=environment
    )
    assert said.stdout.strip() == HOME
    (kept,) = (tmp_path / ".aws" / "cli" / "cache").iterdir()
    assert role in kept.read_text()
