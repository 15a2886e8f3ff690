use super::*;

fn message(sequence: i64) -> Message {
    Message {
        sequence,
        ..Message::new(Kind::Input, 1, PayloadType::Output, vec![sequence as u8])
    }
}

fn sequences(accepted: Accepted) -> Vec<i64> {
    accepted.ready.iter().map(|m| m.sequence).collect()
}

#[test]
fn messages_come_in_order() {
    let mut incoming = Incoming::default();
    assert_eq!(sequences(incoming.accept(message(1))), Vec::<i64>::new());
    assert_eq!(sequences(incoming.accept(message(2))), Vec::<i64>::new());
    assert_eq!(sequences(incoming.accept(message(0))), [0, 1, 2]);
    let again = incoming.accept(message(1));
    assert!(again.acknowledge && again.ready.is_empty());
    assert_eq!(sequences(incoming.accept(message(3))), [3]);
}

#[test]
fn what_is_too_far_ahead_is_not_kept() {
    let mut incoming = Incoming::default();
    for sequence in 1..=AHEAD as i64 {
        assert!(incoming.accept(message(sequence)).acknowledge);
    }
    assert!(!incoming.accept(message(100_000)).acknowledge);
    assert_eq!(incoming.accept(message(0)).ready.len(), AHEAD + 1);
}

#[test]
fn the_oldest_is_repeated_until_it_is_acknowledged() {
    let mut outgoing = Outgoing::new(Kind::Output);
    let start = Instant::now();
    let first = outgoing.push(PayloadType::Output, b"a".to_vec(), false, 1, start);
    outgoing.push(PayloadType::Output, b"b".to_vec(), false, 1, start);
    assert_eq!(outgoing.repeat(start), Ok(None));
    let late = start + FIRST_TIMEOUT;
    assert_eq!(outgoing.repeat(late), Ok(Some(first)));
    assert_eq!(outgoing.repeat(late), Ok(None));
    outgoing.acknowledged(0, late);
    outgoing.acknowledged(0, late);
    assert!(!outgoing.is_empty());
    outgoing.acknowledged(1, late);
    assert!(outgoing.is_empty() && outgoing.repeat_at().is_none());
}

#[test]
fn timeouts_follow_the_round_trip() {
    let mut outgoing = Outgoing::new(Kind::Output);
    let start = Instant::now();
    for _ in 0..20 {
        outgoing.push(PayloadType::Output, Vec::new(), false, 1, start);
    }
    for sequence in 0..20 {
        outgoing.acknowledged(sequence, start + Duration::from_millis(300));
    }
    assert!(outgoing.timeout() >= Duration::from_millis(310));
    assert!(outgoing.timeout() <= MOST_TIMEOUT);
}

#[test]
fn nobody_at_the_other_end_is_noticed() {
    let mut outgoing = Outgoing::new(Kind::Output);
    let mut now = Instant::now();
    outgoing.push(PayloadType::Output, Vec::new(), false, 1, now);
    let mut repeats = 0;
    loop {
        now += MOST_TIMEOUT;
        match outgoing.repeat(now) {
            Ok(Some(_)) => repeats += 1,
            Ok(None) => panic!("it waits for nothing"),
            Err(Gone) => break,
        }
    }
    assert_eq!(repeats, MAX_REPEATS);
}

#[test]
fn a_window_bounds_what_is_under_way() {
    let mut outgoing = Outgoing::new(Kind::Input);
    let now = Instant::now();
    for _ in 0..WINDOW {
        assert!(outgoing.has_room());
        outgoing.push(PayloadType::Output, Vec::new(), false, 1, now);
    }
    assert!(!outgoing.has_room());
    assert_eq!(outgoing.repeat_all(now).len(), WINDOW);
}

#[test]
fn acknowledgements_name_their_message() {
    let of = message(9);
    let ack = Message::decode(&acknowledgement(&of, 5)).unwrap();
    assert_eq!((ack.kind.clone(), ack.flags), (Kind::Acknowledge, 3));
    assert_eq!(acknowledged(&ack), Some(9));
    assert!(
        String::from_utf8(ack.payload)
            .unwrap()
            .contains(&of.id.to_string())
    );
}
