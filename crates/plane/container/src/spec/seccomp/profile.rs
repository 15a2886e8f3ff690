//! Profiles of others: JSON in the form of the OCI runtime specification, as nodes of Kubernetes keep them in files. Pure.
//!
//! The compiler knows one action for what matches and one for the rest. A profile of more is several programs, one for each action that
//! forbids something and one for what is allowed, of which each leaves to the next what it allows. What a profile asks for and a
//! program cannot do is refused by name.

use std::collections::{BTreeMap, BTreeSet};

use libc::SECCOMP_RET_ALLOW;
use seccompiler::{BpfProgram, TargetArch, compile_from_json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::SpecError;

/// Bytes of a profile.
pub const MOST_BYTES: usize = 1 << 20;
/// Names in all rules together; the kernel has fewer than five hundred calls.
const MOST_NAMES: usize = 1024;
/// Calls have no more arguments.
const MOST_ARGUMENTS: usize = 6;
/// Comparisons of arguments, for each call that a rule names. Each takes an instruction or more, and the kernel takes no more of them.
const MOST_COMPARISONS: usize = 4096;
/// Different actions, each of which is a program.
const MOST_ACTIONS: usize = 64;
const ALLOW: &str = "SCMP_ACT_ALLOW";
/// What calls that are refused answer if nobody says what.
const EPERM: u32 = 1;
/// The kernel takes no larger one.
const MOST_ERRNO: u32 = 4095;

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProfile {
    #[error("it is larger than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("it cannot be read: {0}")]
    Shape(String),
    #[error("{0} is not supported")]
    Unsupported(String),
    #[error("it cannot be compiled: {0}")]
    Compiler(String),
}

/// A profile, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub(super) programs: Vec<BpfProgram>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    default_action: String,
    default_errno_ret: Option<u32>,
    /// Calls of other architectures end whoever makes them, whatever is listed.
    #[serde(default)]
    #[expect(dead_code, reason = "it changes nothing; see above")]
    architectures: Option<Vec<String>>,
    #[serde(default)]
    flags: Option<Vec<String>>,
    #[serde(default)]
    syscalls: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    names: Vec<String>,
    action: String,
    errno_ret: Option<u32>,
    #[serde(default)]
    args: Option<Vec<Argument>>,
    #[serde(default)]
    #[expect(dead_code, reason = "for people")]
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Argument {
    index: u8,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

/// By call, under what its arguments are to be; nothing for any.
type Rules = BTreeMap<String, Option<Vec<Value>>>;

impl Profile {
    /// # Errors
    /// It is none, or asks for something that cannot be had.
    pub fn read(json: &[u8]) -> Result<Self, BadProfile> {
        if json.len() > MOST_BYTES {
            return Err(BadProfile::TooLarge);
        }
        let written: Written =
            serde_json::from_slice(json).map_err(|e| BadProfile::Shape(e.to_string()))?;
        // One that only logs more, or is faster, forbids nothing.
        let harmless = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"];
        let mut flags = written.flags.iter().flatten();
        if let Some(other) = flags.find(|it| !harmless.contains(&it.as_str())) {
            return Err(BadProfile::Unsupported(format!("the flag {other}")));
        }
        let default = action(&written.default_action, written.default_errno_ret)?;
        let mut known = Known::default();
        // By action, as text: it has an order.
        let mut by_action: BTreeMap<String, (Value, Rules)> = BTreeMap::new();
        let mut comparisons = 0;
        for rule in written.syscalls.iter().flatten() {
            let action = action(&rule.action, rule.errno_ret)?;
            let conditions = rule.args.as_deref().unwrap_or_default();
            if conditions.len() > MOST_ARGUMENTS {
                return Err(too_many(MOST_ARGUMENTS, "args of a rule"));
            }
            let names: BTreeSet<&String> = rule.names.iter().collect();
            comparisons += names.len() * conditions.len();
            if comparisons > MOST_COMPARISONS {
                return Err(too_many(MOST_COMPARISONS, "comparisons of arguments"));
            }
            let conditions = conditions
                .iter()
                .map(condition)
                .collect::<Result<Vec<_>, _>>()?;
            let entry = by_action.entry(action.to_string());
            let (_, rules) = entry.or_insert_with(|| (action, Rules::new()));
            for name in names {
                // As upstream has it: what this kernel does not know nobody can call.
                if !known.has(name)? {
                    continue;
                }
                let of = rules
                    .entry(name.clone())
                    .or_insert_with(|| Some(Vec::new()));
                match (of.as_mut(), conditions.is_empty()) {
                    (_, true) => *of = None,
                    (Some(all), false) => all.push(json!(conditions)),
                    // Any arguments are these too.
                    (None, false) => {}
                }
            }
        }
        if by_action.len() > MOST_ACTIONS {
            return Err(too_many(MOST_ACTIONS, "actions"));
        }
        let allowed = by_action.remove(&json!("allow").to_string());
        by_action.remove(&default.to_string());
        let mut programs = Vec::new();
        for (action, rules) in by_action.into_values() {
            if !rules.is_empty() {
                programs.push(compile(&json!("allow"), &action, &rules)?);
            }
        }
        if default != json!("allow") {
            let (_, rules) = allowed.unwrap_or_default();
            programs.push(compile(&default, &json!("allow"), &rules)?);
        }
        Ok(Self { programs })
    }
}

fn too_many(most: usize, of: &str) -> BadProfile {
    BadProfile::Unsupported(format!("more than {most} {of}"))
}

/// As the compiler names it.
fn action(name: &str, errno: Option<u32>) -> Result<Value, BadProfile> {
    let number = errno.unwrap_or(EPERM);
    if number > MOST_ERRNO {
        return Err(BadProfile::Unsupported(format!("errnoRet {number}")));
    }
    Ok(match name {
        ALLOW => json!("allow"),
        "SCMP_ACT_ERRNO" => json!({ "errno": number }),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => json!("kill_thread"),
        "SCMP_ACT_KILL_PROCESS" => json!("kill_process"),
        "SCMP_ACT_TRAP" => json!("trap"),
        "SCMP_ACT_LOG" => json!("log"),
        "SCMP_ACT_TRACE" => json!({ "trace": number }),
        other => return Err(BadProfile::Unsupported(format!("the action {other}"))),
    })
}

fn condition(of: &Argument) -> Result<Value, BadProfile> {
    let (op, value) = match of.op.as_str() {
        "SCMP_CMP_NE" => (json!("ne"), of.value),
        "SCMP_CMP_LT" => (json!("lt"), of.value),
        "SCMP_CMP_LE" => (json!("le"), of.value),
        "SCMP_CMP_EQ" => (json!("eq"), of.value),
        "SCMP_CMP_GE" => (json!("ge"), of.value),
        "SCMP_CMP_GT" => (json!("gt"), of.value),
        "SCMP_CMP_MASKED_EQ" => (json!({ "masked_eq": of.value }), of.value_two),
        other => return Err(BadProfile::Unsupported(format!("the comparison {other}"))),
    };
    Ok(json!({"index": of.index, "type": "qword", "op": op, "val": value}))
}

/// Which names are calls, as far as it was asked.
#[derive(Default)]
struct Known {
    calls: BTreeMap<String, bool>,
}

impl Known {
    fn has(&mut self, name: &str) -> Result<bool, BadProfile> {
        if let Some(known) = self.calls.get(name) {
            return Ok(*known);
        }
        if self.calls.len() >= MOST_NAMES {
            return Err(too_many(MOST_NAMES, "names of calls"));
        }
        let rules = Rules::from([(name.to_owned(), None)]);
        let is_call = compile(&json!("allow"), &json!("trap"), &rules).is_ok();
        self.calls.insert(name.to_owned(), is_call);
        Ok(is_call)
    }
}

fn compile(other: &Value, matching: &Value, rules: &Rules) -> Result<BpfProgram, BadProfile> {
    let failed = |e: &dyn std::fmt::Display| BadProfile::Compiler(e.to_string());
    let mut list = Vec::new();
    for (name, under) in rules {
        match under {
            None => list.push(json!({ "syscall": name })),
            Some(all) => {
                let each = all.iter();
                list.extend(each.map(|args| json!({"syscall": name, "args": args})));
            }
        }
    }
    let written =
        json!({"it": {"mismatch_action": other, "match_action": matching, "filter": list}});
    let written = serde_json::to_vec(&written).map_err(|e| failed(&e))?;
    let arch: TargetArch = std::env::consts::ARCH.try_into().map_err(|e| failed(&e))?;
    let mut programs = compile_from_json(written.as_slice(), arch).map_err(|e| failed(&e))?;
    programs
        .remove("it")
        .ok_or_else(|| failed(&"nothing came of it"))
}

/// One program of several, each of which judges what all before it allow.
pub(super) fn joined(
    programs: impl IntoIterator<Item = BpfProgram>,
) -> Result<BpfProgram, SpecError> {
    /// The kernel takes no more.
    const MOST: usize = 4096;
    const RETURN: u16 = 0x06;
    const JUMP: u16 = 0x05;
    let mut all = BpfProgram::new();
    for next in programs {
        let end = all.len();
        for (at, it) in all.iter_mut().enumerate() {
            if it.code == RETURN && it.k == SECCOMP_RET_ALLOW {
                let over = u32::try_from(end - at - 1);
                (it.code, it.k) = (JUMP, over.map_err(|e| SpecError::Filter(e.to_string()))?);
            }
        }
        all.extend(next);
    }
    match all.len() > MOST {
        true => Err(SpecError::Filter(format!(
            "it has {} instructions; the kernel takes {MOST}",
            all.len()
        ))),
        false => Ok(all),
    }
}

#[cfg(test)]
mod tests;
