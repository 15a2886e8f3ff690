//! What control plane, node, shim and sessions say to each other.

use std::time::Instant;

use bytes::Bytes;
use regex::Regex;
use wharf_agent::{
    logs::assemble::{self, Assembler as LineAssembler, Record as Line},
    protocol::{
        acs::{self, FromServer},
        docker, payload,
    },
};
use wharf_datachannel::{
    Kind, Message, PayloadType,
    handshake::{Acknowledge, Closed, Complete, Opening, Request, Response, Size},
    stream::{Incoming, Outgoing, acknowledgement},
};
use wharf_shim_protocol::{Envelope, frame::Assembler, spool};

use crate::input;

/// A frame from the control plane, and the tasks of a payload.
pub fn acs_agent(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    let Ok(FromServer::Payload(payload)) = acs::decode(text) else {
        return;
    };
    for task in payload.tasks {
        if let Ok(task) = payload::read_task(task.get()) {
            for container in &task.containers {
                let _ = docker::read(container.docker_config.as_ref());
            }
        }
    }
}

/// A frame from an agent.
pub fn acs_server(bytes: &[u8]) {
    wharf_svc_ecs_agents::acs::fuzz::frame(bytes);
}

/// Messages of a session of ECS Exec, each with its length before it, as both ends take them.
pub fn data_channel(bytes: &[u8]) {
    let now = Instant::now();
    let (mut incoming, mut outgoing) = (Incoming::default(), Outgoing::new(Kind::Output));
    for content in [&b"one"[..], b"two"] {
        let _ = outgoing.push(PayloadType::Output, content.to_vec(), false, 1, now);
    }
    for part in input::parts(bytes) {
        let _ = Message::kind_of(part);
        let _ = Message::sequence_of(part);
        let _ = serde_json::from_slice::<Opening>(part);
        let Ok(message) = Message::decode(part) else {
            continue;
        };
        assert_eq!(Message::decode(&message.encode()).as_ref(), Ok(&message));
        documents(&message.payload);
        match message.kind {
            Kind::Acknowledge => outgoing.hear(&message, now),
            _ => {
                let _ = acknowledgement(&message, 1);
                let _ = incoming.accept(message);
            }
        }
    }
}

fn documents(payload: &[u8]) {
    let _ = serde_json::from_slice::<Size>(payload);
    let _ = serde_json::from_slice::<Acknowledge>(payload);
    let _ = serde_json::from_slice::<Closed>(payload);
    let _ = serde_json::from_slice::<Complete>(payload);
    if let Ok(request) = serde_json::from_slice::<Request>(payload) {
        let _ = Response::to(&request, "1.2.0.0", false);
    }
    if let Ok(response) = serde_json::from_slice::<Response>(payload) {
        let _ = (response.accepted(), response.wants_terminal());
    }
}

/// A byte that says into what pieces it is cut, then frames of the shim's socket.
pub fn shim_frames(bytes: &[u8]) {
    let Some((cut, bytes)) = input::choice(bytes) else {
        return;
    };
    let mut assembler = Assembler::default();
    for piece in bytes.chunks(cut.max(1)) {
        assembler.push(piece);
        loop {
            match assembler.next_frame::<Envelope>() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

/// A segment of a log spool.
pub fn spool(mut bytes: &[u8]) {
    while let Ok(Some((record, length))) = spool::decode(bytes) {
        let mut again = Vec::new();
        spool::encode(&record, &mut again);
        assert_eq!(again, bytes[..length]);
        bytes = &bytes[length..];
    }
}

/// A line with what begins an event, then a segment of a log spool, made into events.
pub fn log_lines(bytes: &[u8]) {
    let Some((pattern, mut bytes)) = input::line(bytes) else {
        return;
    };
    let starts = (!pattern.is_empty())
        .then(|| Regex::new(pattern).ok())
        .flatten();
    let mut assembler = LineAssembler::new(starts);
    while let Ok(Some((record, length))) = spool::decode(bytes) {
        bytes = &bytes[length..];
        if let spool::Record::Line {
            stream,
            partial,
            at,
            payload,
        } = record
        {
            assembler.push(&Line {
                stderr: stream == spool::Stream::Stderr,
                partial,
                at,
                line: Bytes::copy_from_slice(payload),
            });
        }
    }
    assembler.flush();
    let events = assembler.take();
    let count = events.len();
    let puts = assemble::batches(events);
    assert_eq!(puts.iter().map(Vec::len).sum::<usize>(), count);
}
