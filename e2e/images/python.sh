# Debian's python3 with boto3 from PyPI (Debian's own is too old to heed AWS_ENDPOINT_URL).

. "$here/busybox.sh"

debian python3

site=$root/usr/local/lib/python-clients
mkdir -p "$site"
.venv/bin/pip install -q --disable-pip-version-check --no-compile --target "$site" \
  "$(grep ^botocore== e2e/requirements.txt)" "$(grep ^boto3== e2e/requirements.txt)"
# Tests call these services alone; all the models would be 100 MB.
find "$site/botocore/data" -mindepth 1 -maxdepth 1 -type d \
  ! -name ecs ! -name ecr ! -name ec2 ! -name elbv2 ! -name iam ! -name sts ! -name logs ! -name s3 ! -name secretsmanager ! -name sns ! -name sqs ! -name ssm ! -name sso ! -name sso-oidc ! -name signin \
  -exec rm -rf {} +
config+=(--env PYTHONPATH=/usr/local/lib/python-clients --env PYTHONDONTWRITEBYTECODE=1 --cmd '["python3"]')
# What tests import is compiled by the image's own python3, once: a start that has to do so takes four times the processor, and some
# tests have hundreds of them. Times of files are not kept, so nobody is to compare them.
PYTHONPATH=${site#"$root"} chroot "$root" /usr/bin/python3 -B - <<'SCRIPT'
import http.server, json, py_compile, socket, ssl, struct, subprocess, sys, threading, urllib.request
import boto3

boto3.client("s3", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
files = {getattr(it, "__file__", None) or "" for it in list(sys.modules.values())}
for file in sorted(it for it in files if it.endswith(".py")):
    py_compile.compile(file, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
SCRIPT
