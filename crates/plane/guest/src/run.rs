//! Process 1 of a virtual machine's container: starts the emulator, answers its guest's DHCP, and has the guest shut down when
//! it is told to end.

use std::{
    io::{self, BufReader, Write as _},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt as _},
    },
    path::Path,
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError, SyncSender},
    thread,
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::signal::{SigSet, Signal},
};
use wharf_programs::capabilities;

use crate::{
    Lease, Machine, VARIABLE, dhcp,
    machine::Ends,
    packets::Packets,
    qmp::{self, Said},
};

/// So long a guest has to shut down. The host kills what is left some seconds later.
const GRACE: Duration = Duration::from_secs(90);
/// A guest that boots does not hear the button yet.
const PRESSED_EVERY: Duration = Duration::from_secs(5);
/// Where modules of qemu are looked for.
const MODULES: &str = "QEMU_MODULE_DIR";

/// What was said and is not heard yet.
const WAITING: usize = 16;

/// What process 1 waits for.
enum Heard {
    Signal(Signal),
    Said(Said),
}

/// Runs until the guest has shut down.
pub fn run() -> ExitCode {
    let machine = std::env::var(VARIABLE).ok();
    let Some(machine) = machine.and_then(|text| serde_json::from_str::<Machine>(&text).ok()) else {
        eprintln!(
            "wharf: this program is the first process of a virtual machine; a host starts it"
        );
        return ExitCode::from(2);
    };
    if std::process::id() != 1 {
        eprintln!("wharf: this program is process 1 or nothing");
        return ExitCode::from(2);
    }
    match attend(&machine) {
        Ok(status) if status.success() => {
            say(&format!("{} ended", machine.instance));
            ExitCode::SUCCESS
        }
        Ok(status) => {
            say(&format!(
                "the emulator of {} ended with {status}",
                machine.instance
            ));
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&format!("{} cannot boot: {error}", machine.instance));
            ExitCode::FAILURE
        }
    }
}

/// One line on the console, whatever stands in it.
fn say(line: &str) {
    let line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let _ = writeln!(io::stdout(), "wharf: {line}");
}

fn attend(machine: &Machine) -> io::Result<ExitStatus> {
    // Threads inherit it; the emulator begins without it, as every command does.
    SigSet::all().thread_block()?;
    let tap = wharf_network::open_tap(Path::new(wharf_network::TUN));
    let tap = tap.map_err(|e| named(&e, "its tap"))?;
    let packets = Packets::of(wharf_network::GUEST_LINK).map_err(|e| named(&e, "its interface"))?;
    let mtu = packets.mtu;
    give_up_rights()?;
    let (ours, theirs) = UnixStream::pair()?;
    let theirs = OwnedFd::from(theirs);
    let mut child = start(machine, (&tap, &theirs), mtu)?;
    drop((tap, theirs));
    say(&format!(
        "{} boots under {} with {} vCPUs and {} MiB",
        machine.instance,
        machine.accelerator.as_str(),
        machine.vcpus,
        machine.memory_mib
    ));
    let (heard, hears) = mpsc::sync_channel(WAITING);
    let signals = heard.clone();
    thread::spawn(move || tell_signals(&signals));
    let said = BufReader::new(ours.try_clone()?);
    thread::spawn(move || tell_said(said, &heard));
    let lease = Lease {
        mtu,
        ..machine.lease.clone()
    };
    thread::spawn(move || {
        let served = packets.serve(|frame, own| dhcp::answer(frame, &lease, own));
        if let Err(error) = served {
            say(&format!("DHCP of the machine is over: {error}"));
        }
    });
    let mut ending: Option<Ending> = None;
    command(&ours, qmp::BEGIN);
    loop {
        let waits = ending.as_ref().map_or(PRESSED_EVERY, Ending::waits);
        match hears.recv_timeout(waits) {
            Ok(Heard::Signal(Signal::SIGTERM | Signal::SIGINT | Signal::SIGPWR))
                if ending.is_none() =>
            {
                ending = Some(Ending::now());
            }
            Ok(Heard::Signal(_)) => {}
            Ok(Heard::Said(Said::Event(event))) => {
                if let Some(text) = qmp::worth_telling(&event) {
                    say(text);
                }
            }
            Ok(Heard::Said(Said::Refusal(why))) => say(&format!("qemu refuses: {why}")),
            Ok(Heard::Said(Said::Other)) | Err(RecvTimeoutError::Timeout) => {}
            // Both threads are gone: the end is waited for alone.
            Err(RecvTimeoutError::Disconnected) => return child.wait(),
        }
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if let Some(ending) = &mut ending {
            press(ending, &ours, &mut child);
        }
    }
}

fn named(error: &io::Error, what: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

/// A guest that is to shut down.
struct Ending {
    until: Instant,
    /// The next time that the button is pressed.
    next: Instant,
}

impl Ending {
    fn now() -> Self {
        let now = Instant::now();
        Self {
            until: now + GRACE,
            next: now,
        }
    }

    fn waits(&self) -> Duration {
        self.next
            .min(self.until)
            .saturating_duration_since(Instant::now())
    }
}

fn press(ending: &mut Ending, control: &UnixStream, child: &mut Child) {
    let now = Instant::now();
    if now >= ending.until {
        say("the machine did not shut down in time; it is switched off");
        command(control, qmp::QUIT);
        let _ = child.kill();
        // It ends at once, and is waited for.
        ending.until = now + GRACE;
        ending.next = ending.until;
    } else if now >= ending.next {
        command(control, qmp::POWER_BUTTON);
        ending.next = now + PRESSED_EVERY;
    }
}

/// One that is not heard is said again, or the emulator is gone.
fn command(mut control: &UnixStream, line: &str) {
    let _ = control.write_all(line.as_bytes());
}

fn tell_signals(to: &SyncSender<Heard>) {
    let all = SigSet::all();
    loop {
        // One that has no name here is nobody's word.
        if let Ok(signal) = all.wait()
            && to.send(Heard::Signal(signal)).is_err()
        {
            return;
        }
    }
}

fn tell_said(mut said: BufReader<UnixStream>, to: &SyncSender<Heard>) {
    while let Ok(Some(said)) = qmp::next(&mut said) {
        if to.send(Heard::Said(said)).is_err() {
            return;
        }
    }
}

fn start(machine: &Machine, (tap, control): (&OwnedFd, &OwnedFd), mtu: u16) -> io::Result<Child> {
    let ends = Ends {
        tap: tap.as_raw_fd(),
        control: control.as_raw_fd(),
    };
    let words = machine.command_line(ends, mtu);
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| io::Error::other("it has no emulator"))?;
    for inherited in [tap, control] {
        fcntl(inherited, FcntlArg::F_SETFD(FdFlag::empty()))?;
    }
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env(MODULES, &machine.modules)
        .current_dir("/")
        .stdin(Stdio::null())
        .process_group(0);
    let started = command.spawn();
    started.map_err(|e| named(&e, "its emulator"))
}

/// What opening the tap took, and all else: of this process, its threads, and with no new rights to be had also of the
/// emulator.
fn give_up_rights() -> io::Result<()> {
    capabilities::set(0)?;
    Ok(nix::sys::prctl::set_no_new_privs()?)
}
