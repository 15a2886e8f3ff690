use libc::{
    SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_LOG, SYS_clone,
    SYS_execve, SYS_mkdirat, SYS_personality, SYS_read, SYS_sched_getattr, SYS_sched_setattr,
    SYS_sched_setscheduler, SYS_write,
};
use proptest::prelude::*;

use super::{super::default_program, *};

/// What a program says of a call, as the kernel runs it.
fn run(program: &BpfProgram, call: i64, args: [u64; 6]) -> u32 {
    const ARCH: u32 = if cfg!(target_arch = "x86_64") {
        0xC000_003E
    } else {
        0xC000_00B7
    };
    let mut data = Vec::new();
    data.extend(u32::try_from(call).unwrap().to_ne_bytes());
    data.extend(ARCH.to_ne_bytes());
    data.extend(0_u64.to_ne_bytes());
    data.extend(args.iter().flat_map(|it| it.to_ne_bytes()));
    let word = |at: u32| {
        let at = at as usize;
        u32::from_ne_bytes(data[at..at + 4].try_into().unwrap())
    };
    let (mut at, mut a) = (0_usize, 0_u32);
    loop {
        let it = &program[at];
        at += 1;
        let jump = |holds: bool| usize::from(if holds { it.jt } else { it.jf });
        match it.code {
            0x20 => a = word(it.k),
            0x54 => a &= it.k,
            0x05 => at += it.k as usize,
            0x15 => at += jump(a == it.k),
            0x25 => at += jump(a > it.k),
            0x35 => at += jump(a >= it.k),
            0x06 => return it.k,
            other => panic!("instruction {other:#x}"),
        }
    }
}

fn read(profile: &Value) -> Result<Profile, BadProfile> {
    Profile::read(profile.to_string().as_bytes())
}

fn says(profile: &Value, call: i64, args: [u64; 6]) -> u32 {
    let programs = read(profile).unwrap().programs;
    run(&joined(programs).unwrap(), call, args)
}

const NONE: [u64; 6] = [0; 6];
const REFUSED: u32 = SECCOMP_RET_ERRNO | 1;

#[test]
fn profiles_of_the_tutorial() {
    let audit = json!({"defaultAction": "SCMP_ACT_LOG"});
    assert_eq!(says(&audit, SYS_read, NONE), SECCOMP_RET_LOG);
    let violation = json!({"defaultAction": "SCMP_ACT_ERRNO"});
    assert_eq!(says(&violation, SYS_read, NONE), REFUSED);
    let fine = json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [{"names": ["read", "execve", "no_such_call_yet"], "action": "SCMP_ACT_ALLOW"}],
    });
    assert_eq!(says(&fine, SYS_read, NONE), SECCOMP_RET_ALLOW);
    assert_eq!(says(&fine, SYS_write, NONE), REFUSED);
}

#[test]
fn several_actions_and_arguments() {
    let profile = json!({
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
        "syscalls": [
            {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["execve"], "action": "SCMP_ACT_KILL"},
            {"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
            {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
            {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 0xffff_ffff_u64, "op": "SCMP_CMP_EQ"}]},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 0x7e02_0000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
        ],
    });
    let first = |value: u64| [value, 0, 0, 0, 0, 0];
    for (call, args, expected) in [
        (SYS_write, NONE, SECCOMP_RET_ALLOW),
        (SYS_execve, NONE, SECCOMP_RET_KILL_THREAD),
        (SYS_mkdirat, NONE, SECCOMP_RET_ERRNO | 13),
        (SYS_personality, first(8), SECCOMP_RET_ALLOW),
        (SYS_personality, first(0xffff_ffff), SECCOMP_RET_ALLOW),
        (SYS_personality, first(7), SECCOMP_RET_ERRNO | 38),
        (SYS_clone, first(17), SECCOMP_RET_ALLOW),
        (SYS_clone, first(0x1000_0000), SECCOMP_RET_ERRNO | 38),
    ] {
        assert_eq!(says(&profile, call, args), expected, "{call}");
    }
}

#[test]
fn a_call_that_is_named_without_arguments_too_is_named_with_any() {
    let under = json!([{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]);
    let with = json!({"names": ["personality"], "action": "SCMP_ACT_ERRNO", "args": under});
    let any = json!({"names": ["personality"], "action": "SCMP_ACT_ERRNO"});
    for rules in [[&with, &any], [&any, &with]] {
        let profile = json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules});
        assert_eq!(says(&profile, SYS_personality, NONE), REFUSED);
        assert_eq!(says(&profile, SYS_read, NONE), SECCOMP_RET_ALLOW);
    }
    assert_eq!(
        read(&json!({"defaultAction": "SCMP_ACT_ALLOW"}))
            .unwrap()
            .programs,
        Vec::<BpfProgram>::new()
    );
}

/// Whoever has a shorter slice comes before others: it is the host's to say who.
#[test]
fn a_slice_is_asked_for_by_who_may_be_nice_on_the_host() {
    const NICE: u64 = 1 << 23;
    for (capabilities, counts_within, expected) in [
        (0xa804_25fb, false, REFUSED),
        (0xa804_25fb | NICE, false, SECCOMP_RET_ALLOW),
        (0xa804_25fb | NICE, true, REFUSED),
    ] {
        let program = default_program(capabilities, counts_within).unwrap();
        let says = |call| run(&program, call, NONE);
        assert_eq!(says(SYS_sched_setattr), expected, "{capabilities:x}");
        assert_eq!(says(SYS_sched_getattr), SECCOMP_RET_ALLOW);
        assert_eq!(says(SYS_sched_setscheduler), SECCOMP_RET_ALLOW);
    }
}

#[test]
fn over_the_default_filter_a_profile_takes_away_and_gives_nothing() {
    let over = |profile: Value| {
        let programs = read(&profile).unwrap().programs;
        let default = default_program(0xa804_25fb, false).unwrap();
        joined([default].into_iter().chain(programs)).unwrap()
    };
    let open = over(json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
    ]}));
    assert_eq!(run(&open, libc::SYS_unshare, NONE), REFUSED);
    assert_eq!(run(&open, SYS_read, NONE), SECCOMP_RET_ALLOW);
    assert_eq!(run(&open, SYS_mkdirat, NONE), SECCOMP_RET_ERRNO | 13);
    let closed = over(json!({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["read", "unshare"], "action": "SCMP_ACT_ALLOW"},
    ]}));
    assert_eq!(run(&closed, libc::SYS_unshare, NONE), REFUSED);
    assert_eq!(run(&closed, SYS_read, NONE), SECCOMP_RET_ALLOW);
    assert_eq!(run(&closed, SYS_write, NONE), REFUSED);
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let rule = |rule: Value| json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]});
    let argument = |op: &str, index: u8| {
        rule(
            json!({"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [{"index": index, "value": 1, "op": op}]}),
        )
    };
    for (profile, expected) in [
        (
            json!({"defaultAction": "SCMP_ACT_NOTIFY"}),
            "the action SCMP_ACT_NOTIFY is not supported",
        ),
        (
            json!({"defaultAction": "SCMP_ACT_ALLOW", "flags": ["X"]}),
            "the flag X is not supported",
        ),
        (
            json!({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 5000}),
            "errnoRet 5000",
        ),
        (
            json!({"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"}),
            "listenerPath",
        ),
        (
            rule(json!({"names": ["read"], "action": "SCMP_ACT_ERRNO", "includes": {}})),
            "includes",
        ),
        (
            argument("SCMP_CMP_XOR", 0),
            "the comparison SCMP_CMP_XOR is not supported",
        ),
        (argument("SCMP_CMP_EQ", 6), "cannot be compiled"),
        (json!([]), "cannot be read"),
    ] {
        let error = read(&profile).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let many: Vec<String> = (0..=MOST_NAMES).map(|n| format!("call{n}")).collect();
    let many = rule(json!({"names": many, "action": "SCMP_ACT_ERRNO"}));
    assert!(
        read(&many)
            .unwrap_err()
            .to_string()
            .contains("more than 1024 names")
    );
    assert_eq!(
        Profile::read(&vec![b' '; MOST_BYTES + 1]),
        Err(BadProfile::TooLarge)
    );
}

#[test]
fn what_a_profile_asks_for_is_bounded() {
    let equal = |n: usize| json!({"index": n % 6, "value": 1, "op": "SCMP_CMP_EQ"});
    let of = |rules: Vec<Value>| json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules});
    let rule = |names: &[&str], args: usize| {
        let args: Vec<Value> = (0..args).map(equal).collect();
        json!({"names": names, "action": "SCMP_ACT_ERRNO", "args": args})
    };
    let refused = |profile: &Value, expected: &str| {
        let error = read(profile).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    assert!(read(&of(vec![rule(&["read"], 6)])).is_ok());
    refused(&of(vec![rule(&["read"], 7)]), "more than 6 args of a rule");
    // A name that is repeated is the same call.
    let once = read(&of(vec![rule(&["personality"], 1)])).unwrap();
    let often = of(vec![rule(&["personality"; 50_000], 1)]);
    assert_eq!(read(&often).unwrap(), once);
    // Each of its own rule.
    let rules = vec![rule(&["personality", "read"], 6); 400];
    refused(&of(rules), "more than 4096 comparisons of arguments");
    let rule =
        |errno: usize| json!({"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno});
    assert!(read(&of((1..=MOST_ACTIONS).map(rule).collect())).is_ok());
    refused(
        &of((1..=MOST_ACTIONS + 1).map(rule).collect()),
        "more than 64 actions",
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Profile::read(&bytes);
    }
}
