# Programs that ask name servers, with the C library's own way beside them.

. conformance/images/tools.sh
