//! EC2 instances that are virtual machines: what the emulator is told ([`Machine`]), what runs it ([`choose`], [`probe_kvm`]), and
//! the first process of their container, `wharf vm-init` ([`run`]).
//!
//! That process opens the tap of the instance's network namespace and the disk, gives up what rights it has, starts the emulator,
//! answers the guest's DHCP and what it asks over IPv6, has volumes come and go as the host says ([`control`]), and has the guest shut down when the instance
//! is to end. All that the guest writes to its serial line goes to the instance's console. It and the emulator are in the user namespace, the control group and the network namespace of the
//! instance, over a root file system with nothing in it but the two programs; so who breaks out of the guest is in a container
//! without rights and without other devices than these.
//!
//! What is asked and answered ([`kernel`], `dhcp`, `ipv6`, `qmp`, `plugs`, the command line) is pure.

mod accelerator;
pub mod control;
mod conversation;
mod dhcp;
mod disk;
#[doc(hidden)]
pub mod fuzz;
mod ipv6;
pub mod kernel;
mod kvm;
mod machine;
mod packets;
mod plugs;
mod qmp;
mod run;

pub use self::{
    accelerator::{Accelerator, BadChoice, BadEmulator, Choice, Emulator, choose},
    dhcp::Lease,
    kvm::{DEVICE as KVM, NoKvm, probe as probe_kvm},
    machine::{
        DISK, FOLDER, INITRD, KERNEL, Machine, TooLittleMemory, VARIABLE, guest_memory_mib, vcpus,
    },
    run::run,
};
