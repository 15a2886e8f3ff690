# A web server with its page where Apache's image has it; busybox serves it. Tests move the page away.

. e2e/images/busybox.sh

mkdir -p "$root/usr/local/apache2/htdocs"
echo '<html><body><h1>It works!</h1></body></html>' >"$root/usr/local/apache2/htdocs/index.html"
config+=(--cmd '["httpd", "-f", "-p", "80", "-h", "/usr/local/apache2/htdocs"]' --stop-signal KILL --port 80)
