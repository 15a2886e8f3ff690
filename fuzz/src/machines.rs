//! What users hand in for EC2 instances.

/// As the first process of an instance reads it: scripts, cloud-config, MIME, gzip.
pub fn user_data(bytes: &[u8]) {
    wharf_instance_init::read_any(bytes);
}

/// Of a key pair that is imported.
pub fn public_key(bytes: &[u8]) {
    wharf_svc_ec2::fuzz::public_key(bytes);
}

/// Of an image that is registered.
pub fn image_location(bytes: &[u8]) {
    wharf_svc_ec2::fuzz::image_location(bytes);
}

/// A filter of system calls, which is compiled as well.
pub fn seccomp_profile(bytes: &[u8]) {
    let _ = wharf_container::spec::Profile::read(bytes);
}

/// A frame that the guest of a virtual machine sends.
pub fn guest_dhcp(input: &[u8]) {
    wharf_guest::fuzz::dhcp(input);
}

/// Names in the folders of an image: a line each, ` -> ` before where a link points to.
pub fn guest_kernel(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    wharf_guest::fuzz::kernel(text);
}
