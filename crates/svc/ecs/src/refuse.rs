//! ECS's own words for an input that breaks the model: it never answers with the generic
//! ValidationException (platform §1).

use wharf_wire::{
    Fault,
    constraints::{Broken, Violation},
};

use crate::fault;

pub fn refuse(operation: &str, violations: &[Violation]) -> Option<Fault> {
    let first = violations.first()?;
    let member = first.member;
    if first.broken == Broken::Missing {
        return Some(match (operation, member) {
            ("RegisterTaskDefinition", "family") => {
                fault::client("Family should not be null or empty.")
            }
            ("RegisterTaskDefinition", "containerDefinitions") => {
                fault::client("Container list cannot be empty.")
            }
            _ => fault::invalid(format!("{} cannot be empty.", sentence(member))),
        });
    }
    let text = match &first.broken {
        Broken::NotOneOf { values } => {
            format!("{member} should be one of [{}].", values.join(", "))
        }
        _ => format!("{}: {}", first.path, first.constraint()),
    };
    Some(match operation {
        "RegisterTaskDefinition" => fault::client(text),
        _ => fault::invalid(text),
    })
}

/// `tasks` → `Tasks`, `containerInstances` → `Container instances`.
fn sentence(member: &str) -> String {
    let mut out = String::new();
    for (at, letter) in member.chars().enumerate() {
        if at == 0 {
            out.push(letter.to_ascii_uppercase());
        } else if letter.is_ascii_uppercase() {
            out.push(' ');
            out.push(letter.to_ascii_lowercase());
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_words() {
        let missing = |operation, member| {
            let violation = Violation {
                path: String::new(),
                member,
                value: None,
                broken: Broken::Missing,
            };
            refuse(operation, &[violation]).unwrap().message
        };
        assert_eq!(missing("DescribeTasks", "tasks"), "Tasks cannot be empty.");
        assert_eq!(
            missing("StartTask", "containerInstances"),
            "Container instances cannot be empty."
        );
    }
}
