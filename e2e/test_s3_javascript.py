"""S3 through the JavaScript SDK, version 3. What is checked is in javascript/s3.cjs."""

from harness import tasks, tools


def test_script(wharf):
    modules = str(tools.CLIENTS / "javascript" / "node_modules")
    environment = wharf.environment() | {"NODE_PATH": modules, "BUCKET": tasks.unique("javascript")}
    script = tools.REPOSITORY / "e2e" / "javascript" / "s3.cjs"
    done = tools.run(tools.node(), "--test", "--test-reporter=spec", script, env=environment, check=False, timeout_s=120)
    assert done.returncode == 0, done.stdout + done.stderr
