"""Programs without their start behave as the programs do: the stock `aws`, and the Python of ansible's modules."""

import os
import subprocess

from harness import quick_ansible, quick_aws, tasks, tools
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


def test_its_status_and_its_files_are_those_of_a_program(tmp_path):
    aws, out = quick_aws.program(), tmp_path / "out"
    for program in (tools.AWS, aws):
        out.write_text("before\n")
        with out.open("a") as file:
            done = subprocess.run([program, "sts", "no-such-command"], stdout=file, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 2 and out.read_text().startswith("before\n"), out.read_text()
        assert "get-caller-identity" in out.read_text()


def test_it_speaks_from_the_namespaces_of_who_asks(wharf, tmp_path):
    """Nothing listens in an empty network, and a file that is mounted there alone is read."""
    aws = f"{quick_aws.program()} --endpoint-url {wharf.endpoint} ecs list-clusters"
    script = f"mount -t tmpfs own {tmp_path} && echo '{{\"maxResults\": 5}}' > {tmp_path}/given && {aws} --cli-input-json file://{tmp_path}/given"
    for flags, status, said in ((["--mount"], 0, "clusterArns"), (["--mount", "--net"], 255, "Could not connect")):
        done = subprocess.run(
            ["unshare", *flags, "sh", "-c", script], env=wharf.environment() | {"AWS_REGION": "us-east-1"}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == status and said in done.stdout + done.stderr, done


def test_a_token_is_asked_for_once_and_a_refusal_each_time(wharf, tmp_path):
    environment = wharf.environment() | {"AWS_ENDPOINT_URL": wharf.endpoint, "AWS_REGION": "us-east-1", "HOME": str(tmp_path)}
    command = [quick_aws.program(), "eks", "get-token", "--cluster-name", tasks.unique("kept")]
    first, second = (tools.run(*command, env=environment).stdout for _ in range(2))
    assert "k8s-aws-v1." in first and first == second
    other = tools.run(*command, env=environment | {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}).stdout
    assert other != first, "of somebody else"
    for _ in range(2):
        refused = tools.run(*command, "--no-such-flag", env=environment, check=False)
        assert refused.returncode == 255 and "no-such-flag" in refused.stderr


def test_an_interpreter_runs_what_is_on_its_input_and_all_else_as_the_real_one():
    python = quick_ansible.python()
    script = "import sys\nassert 'boto3' in sys.modules\nprint(__name__, sys.argv)\nsys.exit(3)"
    done = tools.run(python, stdin=script, check=False)
    assert (done.returncode, done.stdout) == (3, "__main__ ['']\n"), done
    done = tools.run(python, "-c", "import sys; print(sys.executable, 'boto3' in sys.modules)")
    assert done.stdout == f"{tools.client('python')} False\n"
