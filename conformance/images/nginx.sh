# A web server with its page where the image of nginx has it; busybox serves it. Tests only look whether it runs.

. e2e/images/busybox.sh

mkdir -p "$root/usr/share/nginx/html"
echo '<html><body><h1>Welcome to nginx!</h1></body></html>' >"$root/usr/share/nginx/html/index.html"
config+=(--cmd '["httpd", "-f", "-p", "80", "-h", "/usr/share/nginx/html"]' --stop-signal KILL --port 80)
