//! Names of the model turned into Rust's.

const KEYWORDS: [&str; 19] = [
    "as", "async", "break", "const", "continue", "else", "enum", "for", "if", "in", "loop",
    "match", "move", "ref", "return", "static", "type", "use", "where",
];

/// `taskRoleArn`, `TaskRoleARN` and `VPCId` as `task_role_arn`, `task_role_arn` and `vpc_id`.
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (index, &c) in chars.iter().enumerate() {
        if c == '-' || c == '.' || c == ' ' {
            out.push('_');
            continue;
        }
        if c.is_ascii_uppercase() && index > 0 {
            let before = chars[index - 1];
            let next_lower = chars.get(index + 1).is_some_and(char::is_ascii_lowercase);
            let ends_word = before.is_ascii_lowercase() || before.is_ascii_digit();
            let plural =
                next_lower && chars.get(index + 1) == Some(&'s') && index + 2 == chars.len();
            if ends_word || (before.is_ascii_uppercase() && next_lower && !plural) {
                out.push('_');
            }
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// [`snake`], kept clear of keywords with a trailing `_`.
pub fn field(name: &str) -> String {
    let name = snake(name);
    if KEYWORDS.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// `application-autoscaling` as `ApplicationAutoscaling`.
pub fn camel(name: &str) -> String {
    let words = name.split(['-', '_', '.', ' ']);
    words.map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case() {
        for (from, to) in [
            ("taskRoleArn", "task_role_arn"),
            ("VPCId", "vpc_id"),
            ("taskARNs", "task_arns"),
            ("GetIPs", "get_ips"),
            ("CidrIpv6", "cidr_ipv6"),
            ("EC2SecurityGroup", "ec2_security_group"),
            ("ListTagsForResource", "list_tags_for_resource"),
        ] {
            assert_eq!(snake(from), to);
        }
    }

    #[test]
    fn names_of_traits() {
        for (from, to) in [
            ("ecs", "Ecs"),
            ("application-autoscaling", "ApplicationAutoscaling"),
            ("ecr-public", "EcrPublic"),
        ] {
            assert_eq!(camel(from), to);
        }
    }

    #[test]
    fn keywords_get_an_underscore() {
        assert_eq!(field("type"), "type_");
    }
}
