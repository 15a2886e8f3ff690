//! What users hand in for EC2 instances.

/// Of a key pair that is imported.
pub fn public_key(bytes: &[u8]) {
    wharf_svc_ec2::fuzz::public_key(bytes);
}

/// Of an image that is registered.
pub fn image_location(bytes: &[u8]) {
    wharf_svc_ec2::fuzz::image_location(bytes);
}
