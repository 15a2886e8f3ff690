# The python image with gRPC's own server and its service for health, from PyPI.

. "$here/python.sh"

debian libstdc++6

# Built for the image's python3, whichever this machine's is.
for interpreter in "$root"/usr/bin/python3.[0-9]*; do python_version=${interpreter##*/python}; done
.venv/bin/pip install -q --disable-pip-version-check --no-compile --target "$site" \
  --python-version "$python_version" --only-binary :all: grpcio==1.85.1 grpcio-health-checking==1.85.1
