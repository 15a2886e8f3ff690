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
