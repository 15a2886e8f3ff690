//! What is said to a running emulator and heard of it: its monitor, over a socket, with the volumes that come and go by it.

use std::{
    io::{self, IoSlice},
    os::{
        fd::{AsRawFd as _, OwnedFd, RawFd},
        unix::net::UnixStream,
    },
    time::Instant,
};

use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};

use crate::{
    control::{Ask, Volumes},
    plugs::{Out, Plugs},
    qmp::{self, Refusal, Said},
};

pub struct Conversation {
    monitor: UnixStream,
    plugs: Plugs<OwnedFd>,
    began: Instant,
    has_shut_down: bool,
}

impl Conversation {
    pub fn begin(monitor: UnixStream) -> Self {
        let begun = Self {
            monitor,
            plugs: Plugs::default(),
            began: Instant::now(),
            has_shut_down: false,
        };
        begun.command(qmp::BEGIN);
        begun
    }

    /// One that is not heard is said again, or the emulator is gone.
    pub fn command(&self, line: &str) {
        let _ = self.say(line, None);
    }

    /// Whether the guest shut the machine down.
    pub fn has_shut_down(&self) -> bool {
        self.has_shut_down
    }

    /// What the user is told of it.
    pub fn heard(&mut self, said: Said) -> Vec<String> {
        let mut told = Vec::new();
        match said {
            Said::Event(event) => {
                self.has_shut_down |= event.name == qmp::SHUTDOWN && event.by_guest;
                told.extend(qmp::worth_telling(&event.name).map(str::to_owned));
                self.plugs.happened(&event);
            }
            Said::Done(number) => self.plugs.done(number),
            Said::Refused(Some(number), refusal) => self.plugs.refused(number, &refusal),
            Said::Refused(None, refusal) => told.push(format!("qemu refuses: {}", refusal.why)),
            Said::Other => {}
        }
        self.go_on(&mut told);
        told
    }

    /// Begins what the host asks for: what there is then, and what the user is told.
    pub fn asked(&mut self, ask: &Ask, device: Option<OwnedFd>) -> (Volumes, Vec<String>) {
        match (ask, device) {
            (Ask::Attach { volume, bytes }, Some(device)) => {
                self.plugs.attach(volume, *bytes, device);
            }
            (Ask::Grow { volume, bytes }, _) => self.plugs.grow(volume, *bytes),
            (Ask::Detach { volume, force }, _) => {
                let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.plugs.detach(volume, *force, now);
            }
            // Without a device nothing comes.
            (Ask::List | Ask::Attach { .. }, _) => {}
        }
        let mut told = Vec::new();
        self.go_on(&mut told);
        (self.plugs.volumes(), told)
    }

    fn go_on(&mut self, told: &mut Vec<String>) {
        loop {
            let all = self.plugs.out();
            if all.is_empty() {
                return;
            }
            for out in all {
                match out {
                    Out::Tell(text) => told.push(text),
                    Out::Command { number, line, file } => {
                        if let Err(error) = self.say(&line, file.as_ref()) {
                            let why = format!("the emulator does not listen: {error}");
                            let is_absent = false;
                            self.plugs.refused(number, &Refusal { why, is_absent });
                        }
                    }
                }
            }
        }
    }

    /// Waits for nobody: an emulator that stands still keeps this process from nothing.
    fn say(&self, line: &str, file: Option<&OwnedFd>) -> io::Result<()> {
        let raw: Vec<RawFd> = file.iter().map(|it| it.as_raw_fd()).collect();
        let rights = [ControlMessage::ScmRights(&raw)];
        let rights = if raw.is_empty() { &[][..] } else { &rights[..] };
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let parts = [IoSlice::new(line.as_bytes())];
        let sent = sendmsg::<UnixAddr>(self.monitor.as_raw_fd(), &parts, rights, flags, None)?;
        match sent == line.len() {
            true => Ok(()),
            false => Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{BufReader, IoSliceMut, Read as _, Seek as _, Write as _},
        os::fd::FromRawFd as _,
        thread::{self, JoinHandle},
    };

    use nix::sys::socket::{ControlMessageOwned, recvmsg};
    use serde_json::Value;

    use super::*;
    use crate::control::State;

    const VOLUME: &str = "vol-0123456789abcdef0";

    /// An emulator as it says of itself: what it is told it does, and a device that it is asked for is gone at once.
    struct Fake {
        stream: UnixStream,
        /// What it was told, a line each.
        told: Vec<Value>,
        /// What it was handed.
        devices: Vec<File>,
    }

    impl Fake {
        fn begin(stream: UnixStream) -> JoinHandle<Self> {
            thread::spawn(move || {
                let mut fake = Self {
                    stream,
                    told: Vec::new(),
                    devices: Vec::new(),
                };
                while fake.next() {}
                fake
            })
        }

        /// False at the end.
        fn next(&mut self) -> bool {
            let mut bytes = [0; 4096];
            let mut room = nix::cmsg_space!([RawFd; 1]);
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            let message =
                recvmsg::<UnixAddr>(self.stream.as_raw_fd(), &mut parts, Some(&mut room), flags);
            let message = message.unwrap();
            let length = message.bytes;
            for control in message.cmsgs().unwrap() {
                if let ControlMessageOwned::ScmRights(all) = control {
                    // SAFETY: the kernel just made them for this process.
                    let all = all.into_iter().map(|it| unsafe { File::from_raw_fd(it) });
                    self.devices.extend(all);
                }
            }
            for line in String::from_utf8_lossy(&bytes[..length]).lines() {
                let command: Value = serde_json::from_str(line).unwrap();
                let answer = serde_json::json!({"return": {}, "id": command["id"]});
                let mut said = format!("{answer}\n");
                match command["execute"].as_str().unwrap() {
                    "device_del" => {
                        let device = &command["arguments"]["id"];
                        said += &format!(
                            "{}\n",
                            serde_json::json!({"event": "DEVICE_DELETED", "data": {"device": device}})
                        );
                    }
                    "system_powerdown" => {
                        said += "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}\n";
                    }
                    _ => {}
                }
                self.stream.write_all(said.as_bytes()).unwrap();
                self.told.push(command);
            }
            length > 0
        }
    }

    #[test]
    fn a_volume_goes_through_the_monitor_as_a_descriptor() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let fake = Fake::begin(theirs);
        let mut said = BufReader::new(ours.try_clone().unwrap());
        let mut conversation = Conversation::begin(ours);
        let mut told = Vec::new();
        let mut hear_until =
            |conversation: &mut Conversation, told: &mut Vec<String>, words: &str| {
                while !told.iter().any(|it: &String| it.contains(words)) {
                    let said = qmp::next(&mut said).unwrap().unwrap();
                    told.extend(conversation.heard(said));
                }
            };
        let device = nix::sys::memfd::memfd_create(c"device", nix::sys::memfd::MFdFlags::empty());
        let mut device = File::from(device.unwrap());
        device.write_all(b"what lies on it").unwrap();
        let attach = Ask::Attach {
            volume: VOLUME.to_owned(),
            bytes: 1 << 30,
        };
        let (volumes, _) = conversation.asked(&attach, Some(device.into()));
        assert_eq!(volumes.here[VOLUME].state, State::Coming);
        hear_until(&mut conversation, &mut told, "was attached");
        let (volumes, _) = conversation.asked(&Ask::List, None);
        assert_eq!(volumes.here[VOLUME].state, State::There);
        let detach = Ask::Detach {
            volume: VOLUME.to_owned(),
            force: false,
        };
        conversation.asked(&detach, None);
        hear_until(&mut conversation, &mut told, "was detached");
        assert!(conversation.asked(&Ask::List, None).0.here.is_empty());
        // Nothing comes of what has no device.
        assert!(conversation.asked(&attach, None).0.here.is_empty());

        assert!(!conversation.has_shut_down());
        conversation.command(qmp::POWER_BUTTON);
        hear_until(&mut conversation, &mut told, "shut down");
        assert!(conversation.has_shut_down());
        drop((conversation, said));
        let mut fake = fake.join().unwrap();
        let names: Vec<&str> = fake
            .told
            .iter()
            .map(|it| it["execute"].as_str().unwrap())
            .collect();
        let expected = [
            "qmp_capabilities",
            "add-fd",
            "blockdev-add",
            "blockdev-add",
            "device_add",
            "device_del",
            "blockdev-del",
            "blockdev-del",
            "remove-fd",
            "system_powerdown",
        ];
        assert_eq!(names, expected);
        let [device] = &mut fake.devices[..] else {
            panic!("{:?}", fake.devices);
        };
        let mut content = String::new();
        device.rewind().unwrap();
        device.read_to_string(&mut content).unwrap();
        assert_eq!(content, "what lies on it");
    }

    #[test]
    fn an_emulator_that_is_gone_has_no_volumes() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut conversation = Conversation::begin(ours);
        drop(theirs);
        let attach = Ask::Attach {
            volume: VOLUME.to_owned(),
            bytes: 1 << 30,
        };
        let device = File::open("/dev/null").unwrap();
        let (volumes, told) = conversation.asked(&attach, Some(device.into()));
        assert!(volumes.here.is_empty() && told.is_empty());
        assert!(volumes.failures[VOLUME].contains("does not listen"));
    }
}
