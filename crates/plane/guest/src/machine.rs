//! A virtual machine as its first process is told of it, and the command line that comes of that. Pure.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use wharf_base::cpu::UNITS_OF_A_CORE;

use crate::{Accelerator, Lease, plugs};

/// The variable of the environment that holds it, as JSON. Only process 1 has it.
pub const VARIABLE: &str = "WHARF_MACHINE";
/// Where its files are, in the container.
pub const FOLDER: &str = "/vm";
pub const DISK: &str = "/vm/disk";
pub const KERNEL: &str = "/vm/kernel";
pub const INITRD: &str = "/vm/initrd";

/// MiB that the emulator itself takes, beside a share of what it keeps for each page of the guest.
const OWN_MIB: u32 = 96;
/// MiB of code that is translated.
const TRANSLATED_MIB: u32 = 64;
/// No kernel boots in less.
const LEAST_MIB: u32 = 128;
/// The first slot of the machine's own bus that is free, behind its own devices; as many follow as there are ports.
const FIRST_PORT_AT: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// `i-…`
    pub instance: String,
    /// `t3.micro`
    pub instance_type: String,
    /// The words by which the emulator is run.
    pub program: Vec<String>,
    /// Its folders of firmware and of modules.
    pub firmware: PathBuf,
    pub modules: PathBuf,
    pub accelerator: Accelerator,
    pub vcpus: u32,
    /// Of the guest.
    pub memory_mib: u32,
    pub has_initrd: bool,
    /// Its disk is a device of the host's and no file.
    #[serde(default)]
    pub has_device: bool,
    /// `0a:…`
    pub mac: String,
    /// What the guest is told of its network.
    pub lease: Lease,
}

/// Descriptors that the emulator inherits.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    pub tap: i32,
    /// Where it is told what to do.
    pub control: i32,
    /// The machine's own disk, locked.
    pub disk: i32,
}

/// The memory of an instance is too little for a guest.
#[derive(Debug, thiserror::Error)]
#[error("a virtual machine needs more memory than {0} MiB")]
pub struct TooLittleMemory(u32);

/// How much memory the guest of an instance has: what its type says, without what the emulator takes of it.
///
/// # Errors
/// That is too little for a guest.
pub fn guest_memory_mib(memory_mib: u32, accelerator: Accelerator) -> Result<u32, TooLittleMemory> {
    let translated = match accelerator {
        Accelerator::Kvm => 0,
        Accelerator::Tcg => TRANSLATED_MIB,
    };
    let taken = OWN_MIB + translated + memory_mib / 32;
    let left = memory_mib.saturating_sub(taken);
    match left >= LEAST_MIB {
        true => Ok(left),
        false => Err(TooLittleMemory(memory_mib)),
    }
}

/// One for each core that its type has, in part or whole.
pub fn vcpus(cpu_units: u32) -> u32 {
    cpu_units.div_ceil(UNITS_OF_A_CORE).max(1)
}

impl Machine {
    /// What the emulator is run with. `mtu`: how large packets may be.
    pub fn command_line(&self, ends: Ends, mtu: u16) -> Vec<String> {
        let mut words = self.program.clone();
        let uuid = self.uuid();
        let Ends { tap, control, disk } = ends;
        // What is over a device of the host's is cached by the guest alone.
        let (driver, cache) = match self.has_device {
            true => ("host_device", ",cache.direct=on,file.cache.direct=on"),
            false => ("file", ""),
        };
        let (acceleration, cpu) = match self.accelerator {
            // As on EC2 a guest has none of its own: what runs those in the kernel of the host is not for guests to try.
            Accelerator::Kvm => ("kvm".to_owned(), "host,vmx=off,svm=off"),
            Accelerator::Tcg => (format!("tcg,thread=multi,tb-size={TRANSLATED_MIB}"), "max"),
        };
        let given = [
            ("-name", self.instance.clone()),
            ("-machine", "q35,usb=off,vmport=off,smbus=off".to_owned()),
            ("-accel", acceleration),
            ("-cpu", cpu.to_owned()),
            ("-smp", self.vcpus.to_string()),
            ("-m", self.memory_mib.to_string()),
            ("-L", self.firmware.display().to_string()),
            // By these guests know that they are instances of EC2.
            (
                "-smbios",
                format!(
                    "type=1,manufacturer=Amazon EC2,product={},serial={uuid},uuid={uuid}",
                    comma_doubled(&self.instance_type)
                ),
            ),
            ("-smbios", format!("type=2,asset={}", self.instance)),
            ("-smbios", "type=3,asset=Amazon EC2".to_owned()),
            ("-kernel", KERNEL.to_owned()),
            (
                "-append",
                // No device in a port has registers in I/O space, of which there is not enough for all ports.
                "root=/dev/vda rw console=ttyS0 net.ifnames=0 panic=10 pci=hpiosize=0".to_owned(),
            ),
            ("-add-fd", format!("fd={disk},set=0,opaque=disk")),
            (
                "-blockdev",
                format!(
                    "driver=raw,node-name=root{cache},file.driver={driver},file.locking=off,file.filename=/dev/fdset/0"
                ),
            ),
            (
                "-device",
                "virtio-blk-pci,drive=root,serial=root,romfile=".to_owned(),
            ),
            ("-netdev", format!("tap,id=primary,fd={tap}")),
            (
                "-device",
                format!(
                    "virtio-net-pci,netdev=primary,mac={},host_mtu={mtu},romfile=",
                    self.mac
                ),
            ),
            ("-device", "virtio-rng-pci".to_owned()),
            ("-chardev", "stdio,id=console,signal=off".to_owned()),
            ("-serial", "chardev:console".to_owned()),
            ("-chardev", format!("socket,id=control,fd={control}")),
            ("-mon", "chardev=control,mode=control".to_owned()),
            (
                "-sandbox",
                "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
                    .to_owned(),
            ),
        ];
        words.extend(
            [
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-vga",
                "none",
            ]
            .map(str::to_owned),
        );
        if self.has_initrd {
            words.extend(["-initrd".to_owned(), INITRD.to_owned()]);
        }
        for (flag, value) in given {
            words.extend([flag.to_owned(), value]);
        }
        for number in 0..plugs::PORTS {
            let (port, at) = (plugs::port(number), FIRST_PORT_AT + number);
            let value = format!(
                "pcie-root-port,id={port},bus=pcie.0,addr={at:#x},chassis={}",
                number + 1
            );
            words.extend(["-device".to_owned(), value]);
        }
        words
    }

    /// Begins with `ec2`, as those of EC2 do.
    fn uuid(&self) -> String {
        let digits = self.instance.chars().filter(char::is_ascii_hexdigit);
        let digits = digits.chain(std::iter::repeat('0')).take(29);
        let text: String = "ec2".chars().chain(digits).collect();
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
        parts.map(|part| &text[part]).join("-")
    }
}

/// Within a list of settings a comma stands for itself when it is doubled.
fn comma_doubled(text: &str) -> String {
    text.replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(accelerator: Accelerator) -> Machine {
        Machine {
            instance: "i-0123456789abcdef0".to_owned(),
            instance_type: "t3.micro".to_owned(),
            program: vec!["/q/ld.so".to_owned(), "/q/qemu".to_owned()],
            firmware: "/q/share".into(),
            modules: "/q/modules".into(),
            accelerator,
            vcpus: 2,
            memory_mib: 832,
            has_initrd: true,
            has_device: false,
            mac: "0a:00:00:00:00:05".to_owned(),
            lease: Lease::default(),
        }
    }

    fn line(machine: &Machine) -> String {
        let ends = Ends {
            tap: 7,
            control: 9,
            disk: 11,
        };
        machine.command_line(ends, 1450).join(" ")
    }

    #[test]
    fn the_command_line() {
        let text = line(&machine(Accelerator::Tcg));
        for part in [
            "/q/ld.so /q/qemu -nodefaults -no-user-config -display none",
            " -accel tcg,thread=multi,tb-size=64 -cpu max -smp 2 -m 832 ",
            " -initrd /vm/initrd ",
            " net.ifnames=0 panic=10 pci=hpiosize=0 -add-fd ",
            "serial=ec201234-5678-9abc-def0-000000000000",
            "-netdev tap,id=primary,fd=7 -device virtio-net-pci,netdev=primary,mac=0a:00:00:00:00:05,host_mtu=1450,",
            "socket,id=control,fd=9",
            "-add-fd fd=11,set=0,opaque=disk -blockdev driver=raw,node-name=root,file.driver=file,",
            "file.filename=/dev/fdset/0 -device virtio-blk-pci,drive=root,",
            "-device pcie-root-port,id=port-0,bus=pcie.0,addr=0x4,chassis=1 ",
            // The last slot is the machine's own.
            "-device pcie-root-port,id=port-26,bus=pcie.0,addr=0x1e,chassis=27",
            "-sandbox on,",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let kvm = Machine {
            has_initrd: false,
            has_device: true,
            ..machine(Accelerator::Kvm)
        };
        let text = line(&kvm);
        assert!(
            text.contains("-accel kvm -cpu host,vmx=off,svm=off ") && !text.contains("-initrd")
        );
        assert!(
            text.contains("root,cache.direct=on,file.cache.direct=on,file.driver=host_device,")
        );
    }

    #[test]
    fn what_the_emulator_takes_is_of_the_instance() {
        for (memory_mib, accelerator, expected) in [
            (1024, Accelerator::Kvm, Ok(896)),
            (1024, Accelerator::Tcg, Ok(832)),
            (512, Accelerator::Tcg, Ok(336)),
            (256, Accelerator::Tcg, Err(())),
            (0, Accelerator::Kvm, Err(())),
        ] {
            let left = guest_memory_mib(memory_mib, accelerator).map_err(drop);
            assert_eq!(left, expected, "{memory_mib} {accelerator:?}");
        }
        assert_eq!([0, 512, 1024, 1025, 2048].map(vcpus), [1, 1, 1, 2, 2]);
    }
}
