# Debian's python3 with boto3 from PyPI (Debian's own is too old to heed AWS_ENDPOINT_URL).

. "$here/busybox.sh"

# What python3 needs on an empty system, minus the package manager itself.
mapfile -t debs < <(
  apt-get -s -o Dir::State::status=/dev/null -o Debug::NoLocking=1 --no-install-recommends install python3 |
    awk '$1 == "Inst" && $2 != "dpkg" && $2 != "tar" && !($2 ~ /^gcc-.*-base$/) { print $2 }'
)
[ "${#debs[@]}" -gt 0 ] || { echo "images: apt does not know python3; run apt-get update" >&2; exit 1; }
mkdir -p "$work/debs"
(cd "$work/debs" && apt-get download -qq "${debs[@]}" 2>/dev/null) || { echo "images: apt-get download failed" >&2; exit 1; }

# Unpacked aside and then merged, for /bin and /lib may be links on a newer system.
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/unpacked"; done
rm -rf "$work/unpacked/usr/share/"{doc,man,locale,lintian,bug} "$work/unpacked/usr/lib/"*/perl* "$work/unpacked/usr/lib/"*/gconv
cp -a --no-clobber "$work/unpacked/." "$root/" 2>/dev/null || cp -an "$work/unpacked/." "$root/"

site=$root/usr/local/lib/python-clients
mkdir -p "$site"
.venv/bin/pip install -q --disable-pip-version-check --no-compile --target "$site" \
  "$(grep ^botocore== e2e/requirements.txt)" "$(grep ^boto3== e2e/requirements.txt)"
# Tests call these services alone; all the models would be 100 MB.
find "$site/botocore/data" -mindepth 1 -maxdepth 1 -type d \
  ! -name ecs ! -name ecr ! -name ec2 ! -name elbv2 ! -name iam ! -name sts ! -name logs ! -name s3 ! -name secretsmanager ! -name sns ! -name sqs ! -name ssm ! -name sso ! -name sso-oidc ! -name signin \
  -exec rm -rf {} +
config+=(--env PYTHONPATH=/usr/local/lib/python-clients --env PYTHONDONTWRITEBYTECODE=1 --cmd '["python3"]')
