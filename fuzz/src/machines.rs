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
