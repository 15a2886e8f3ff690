//! CPU units: what ECS, EC2's instances on hosts and the kernel's shares count processors in.

/// CPU units of one core, which is a vCPU.
pub const UNITS_OF_A_CORE: u32 = 1024;
