# A line of nginx's error log without the query of the request, and without all that nginx quotes after it:
#   …, request: "GET /?text=hi&token=secret HTTP/1.1", upstream: "http://127.0.0.1:5500/?text=hi&token=secret"
s/, request: "\([^? "]* *[^? "]*\).*/, request: "\1"/
