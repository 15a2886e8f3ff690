//! Process 1 of a virtual machine's container: starts the emulator, answers its guest's DHCP and its questions about IPv6, has its
//! volumes come and go, and has the guest shut down when it is told to end.

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
    Lease, Machine, VARIABLE,
    control::{self, Asked},
    conversation::Conversation,
    dhcp, disk, ipv6,
    machine::{DISK, Ends},
    packets::{Family, Packets},
    qmp::{self, Said},
};

/// So long a guest has to shut down. The host kills what is left some seconds later.
const GRACE: Duration = Duration::from_secs(90);
/// A guest that boots does not hear the button yet.
const PRESSED_EVERY: Duration = Duration::from_secs(5);
/// What an emulator said before it ended is heard within this.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// So often a guest hears of its router and of how it gets addresses; its first one it may get while it runs.
const TELLS_EVERY: Duration = Duration::from_secs(60);
/// Where modules of qemu are looked for.
const MODULES: &str = "QEMU_MODULE_DIR";

/// What was said and is not heard yet.
const WAITING: usize = 16;

/// What process 1 waits for.
enum Heard {
    Signal(Signal),
    Said(Said),
    /// The emulator says nothing more.
    Silence,
    /// By the host, maybe with a device.
    Asked(Asked, Option<OwnedFd>),
}

/// How the machine ended.
enum End {
    /// As its guest or its host wanted.
    Wanted,
    /// The emulator failed, whatever it says of itself: one that a signal ends may do so in good order.
    Failure(ExitStatus),
}

/// Runs until the guest has shut down. Any other end than one that guest or host wanted is a failure, by which the host knows it.
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
        Ok(End::Wanted) => {
            say(&format!("{} ended", machine.instance));
            ExitCode::SUCCESS
        }
        Ok(End::Failure(status)) => {
            say(&format!(
                "the emulator of {} failed: it ended with {status}",
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

fn attend(machine: &Machine) -> io::Result<End> {
    // Threads inherit it; the emulator begins without it, as every command does.
    SigSet::all().thread_block()?;
    let tap = wharf_network::open_tap(Path::new(wharf_network::TUN));
    let tap = tap.map_err(|e| named(&e, "its tap"))?;
    let packets = |family| {
        let packets = Packets::of(wharf_network::GUEST_LINK, family);
        packets.map_err(|e| named(&e, "its interface"))
    };
    let (over_ipv4, over_ipv6) = (packets(Family::Ipv4)?, packets(Family::Ipv6)?);
    let mtu = over_ipv4.mtu;
    let disk = disk::open(Path::new(DISK)).map_err(|e| named(&e, "its disk"))?;
    let (own, host) = control::pair()?;
    control::keep(host)?;
    give_up_rights()?;
    let (ours, theirs) = UnixStream::pair()?;
    let given = [tap, OwnedFd::from(theirs), OwnedFd::from(disk)];
    let mut child = start(machine, &given, mtu)?;
    drop(given);
    say(&format!(
        "{} boots under {} with {} vCPUs and {} MiB",
        machine.instance,
        machine.accelerator.as_str(),
        machine.vcpus,
        machine.memory_mib
    ));
    let (heard, hears) = mpsc::sync_channel(WAITING);
    let (signals, asked) = (heard.clone(), heard.clone());
    thread::spawn(move || tell_signals(&signals));
    let said = BufReader::new(ours.try_clone()?);
    thread::spawn(move || tell_said(said, &heard));
    let asks = own.try_clone()?;
    thread::spawn(move || tell_asked(&asks, &asked));
    let lease = Lease {
        mtu,
        ..machine.lease.clone()
    };
    thread::spawn(move || {
        let served = over_ipv4.serve(|frame, own| dhcp::answer(frame, &lease, own));
        if let Err(error) = served {
            say(&format!("DHCP of the machine is over: {error}"));
        }
    });
    thread::spawn(move || serve_ipv6(over_ipv6));
    let mut ending: Option<Ending> = None;
    let mut conversation = Conversation::begin(ours);
    let mut exited: Option<(ExitStatus, Instant)> = None;
    let mut is_silent = false;
    loop {
        let waits = match &exited {
            Some(_) => LAST_WORDS,
            None => ending.as_ref().map_or(PRESSED_EVERY, Ending::waits),
        };
        match hears.recv_timeout(waits) {
            Ok(Heard::Signal(Signal::SIGTERM | Signal::SIGINT | Signal::SIGPWR))
                if ending.is_none() =>
            {
                ending = Some(Ending::now());
            }
            Ok(Heard::Signal(_)) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Heard::Said(said)) => conversation.heard(said).iter().for_each(|it| say(it)),
            Ok(Heard::Asked(asked, device)) => {
                let (volumes, told) = conversation.asked(&asked.ask, device);
                control::answer(&own, &asked, volumes);
                told.iter().for_each(|it| say(it));
            }
            Ok(Heard::Silence) => is_silent = true,
            // All threads are gone: the end is waited for alone.
            Err(RecvTimeoutError::Disconnected) => {
                exited = Some((child.wait()?, Instant::now()));
                is_silent = true;
            }
        }
        if exited.is_none() {
            exited = child.try_wait()?.map(|status| (status, Instant::now()));
        }
        match &exited {
            // Whether its guest shut down is among the last words.
            Some((status, at)) if is_silent || at.elapsed() >= LAST_WORDS => {
                return Ok(match conversation.has_shut_down() || ending.is_some() {
                    true => End::Wanted,
                    false => End::Failure(*status),
                });
            }
            Some(_) => {}
            None => {
                if let Some(ending) = &mut ending {
                    press(ending, &conversation, &mut child);
                }
            }
        }
    }
}

/// By the addresses that are led to the guest at the time: some may come or go while it runs.
fn serve_ipv6(packets: Packets) {
    let end = ipv6::End {
        hardware: packets.hardware,
        mtu: packets.mtu,
    };
    // Where they cannot be read the guest hears nothing, and asks again.
    let led = || wharf_network::led_to_guest().ok();
    let unasked = || ipv6::unasked(end, &led().unwrap_or_default());
    let served = packets.serve_and_tell(
        |frame| ipv6::answer(frame, end, led),
        (TELLS_EVERY, unasked),
    );
    if let Err(error) = served {
        say(&format!("IPv6 of the machine is over: {error}"));
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

fn press(ending: &mut Ending, emulator: &Conversation, child: &mut Child) {
    let now = Instant::now();
    if now >= ending.until {
        say("the machine did not shut down in time; it is switched off");
        emulator.command(qmp::QUIT);
        let _ = child.kill();
        // It ends at once, and is waited for.
        ending.until = now + GRACE;
        ending.next = ending.until;
    } else if now >= ending.next {
        emulator.command(qmp::POWER_BUTTON);
        ending.next = now + PRESSED_EVERY;
    }
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
    let _ = to.send(Heard::Silence);
}

fn tell_asked(own: &OwnedFd, to: &SyncSender<Heard>) {
    loop {
        match control::hear(own) {
            Ok(Some((asked, device))) => {
                if to.send(Heard::Asked(asked, device)).is_err() {
                    return;
                }
            }
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return say(&format!("volumes come and go no more: {error}")),
        }
    }
}

/// `given`: its tap, where it is told what to do, and the disk.
fn start(machine: &Machine, given: &[OwnedFd; 3], mtu: u16) -> io::Result<Child> {
    let [tap, control, disk] = given.each_ref().map(AsRawFd::as_raw_fd);
    let words = machine.command_line(Ends { tap, control, disk }, mtu);
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| io::Error::other("it has no emulator"))?;
    for inherited in given {
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
