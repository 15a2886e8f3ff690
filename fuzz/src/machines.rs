//! What EC2 instances on a host say, and read of what users hand in.

/// As the first process of an instance reads it: scripts, cloud-config, MIME, gzip.
pub fn user_data(bytes: &[u8]) {
    wharf_instance_init::read_any(bytes);
}

/// A frame that the guest of a virtual machine sends.
pub fn guest_dhcp(input: &[u8]) {
    wharf_guest::fuzz::dhcp(input);
}

/// One of IPv6: who asks for neighbours, for routers, for addresses.
pub fn guest_ipv6(input: &[u8]) {
    wharf_guest::fuzz::ipv6(input);
}

/// Names in the folders of an image: a line each, ` -> ` before where a link points to.
pub fn guest_kernel(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    wharf_guest::fuzz::kernel(text);
}
