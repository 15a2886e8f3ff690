//! What a cluster tells its owner in CloudWatch Logs, below `/aws/eks/<cluster>/cluster`: the kinds of log that are switched on.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    sync::Arc,
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use wharf_base::{
    Clock, Permit, Timestamp,
    bucket::{Bucket, Rate},
};
use wharf_kube_api::{Audit, AuditRecord};
use wharf_kube_auth::{Unauthenticated, UserInfo};
use wharf_kube_client::{Journal, Said};
use wharf_log_writer::{Kind, Line, Writer};
use wharf_svc_eks::control_planes::LogType;

use super::{
    authority::Whose,
    users::{CONTROLLERS, SCHEDULER},
};

/// How lines of clusters are written.
pub const KIND: Kind = Kind {
    name: "logs of clusters",
    principal: "eks.amazonaws.com",
    permit: Permit::for_controller("eks-logs"),
    retention: None,
};

/// An answer that took longer is told of in the log of the API server.
const SLOW: Duration = Duration::from_secs(1);

/// Bytes that those who prove to be nobody, or are refused and of another account, add to a log of a cluster: some ninety usual lines at
/// once, then one or two a second. Anybody could fill it.
const STRANGERS: Rate = Rate::new(65_536.0, 1024.0);

/// How much strangers have left of each log of a cluster.
#[derive(Default)]
pub struct Strangers(Mutex<BTreeMap<LogType, Bucket<Timestamp>>>);

impl Strangers {
    /// A line, if there is room for one; without, none is made, which is all that a flood of them costs. A long line is paid for by
    /// those that come later.
    fn line(&self, log: LogType, now: Timestamp, made: impl FnOnce() -> String) -> Option<String> {
        let mut buckets = self.0.lock();
        let bucket = buckets.entry(log);
        let bucket = bucket.or_insert_with(|| Bucket::full(STRANGERS, now));
        // Nothing is drawn yet: it is asked whether anything is left.
        bucket.draw(0.0, now).then(|| {
            let line = made();
            bucket.draw(line.len() as f64, now);
            line
        })
    }
}

/// Whether a principal, of whom nothing may be known, is of another account than this one: anybody may have one.
fn is_foreign(arn: &str, account: &str) -> bool {
    arn.split(':').nth(4) != Some(account)
}

/// The logs of one cluster.
pub struct ClusterLogs {
    pub whose: Whose,
    pub writer: Arc<Writer>,
    pub clock: Arc<dyn Clock>,
    /// Changes while the cluster answers.
    pub on: RwLock<BTreeSet<LogType>>,
    pub strangers: Strangers,
}

impl ClusterLogs {
    fn is_on(&self, kind: LogType) -> bool {
        self.on.read().contains(&kind)
    }

    fn write(&self, kind: LogType, at: Timestamp, text: String) {
        let stream = match kind {
            LogType::Api => "kube-apiserver",
            LogType::Audit => "kube-apiserver-audit",
            LogType::Authenticator => "authenticator",
            LogType::ControllerManager => "kube-controller-manager",
            LogType::Scheduler => "kube-scheduler",
        };
        let line = Line {
            group: format!("/aws/eks/{}/cluster", self.whose.name),
            stream: format!("{stream}-{}", self.whose.id.to_lowercase()),
            at: at.millis(),
            text,
        };
        self.writer.add(&self.whose.place, [line]);
    }

    /// What a stranger did, unless such have filled the log.
    fn write_of_stranger(&self, kind: LogType, at: Timestamp, text: impl FnOnce() -> String) {
        if let Some(text) = self.strangers.line(kind, at, text) {
            self.write(kind, at, text);
        }
    }

    /// The API server answers at this port from now on.
    pub fn serves(&self, port: u16) {
        let now = self.clock.now();
        let lines = [
            (LogType::Api, format!("\"Serving securely\" port={port}")),
            (LogType::ControllerManager, "\"Starting\"".to_owned()),
            (
                LogType::Scheduler,
                "\"Starting Kubernetes Scheduler\"".to_owned(),
            ),
        ];
        for (kind, text) in lines.into_iter().filter(|(kind, _)| self.is_on(*kind)) {
            self.write(kind, now, format!("{} {text}", klog('I', now, "server")));
        }
    }

    /// A token of EKS was looked at; `arn` is empty if it is not known whose it is.
    pub fn entered(&self, arn: &str, entered: Result<&UserInfo, &Unauthenticated>) {
        if !self.is_on(LogType::Authenticator) {
            return;
        }
        let now = self.clock.now();
        let is_stranger = entered.is_err() && is_foreign(arn, &self.whose.place.account);
        let text = || match entered {
            Ok(user) => logfmt(
                now,
                "info",
                "access granted",
                &[
                    ("arn", &arn),
                    ("groups", &user.groups),
                    ("uid", &user.uid),
                    ("username", &user.name),
                ],
            ),
            Err(why) => {
                let why = match why {
                    Unauthenticated::Refused(reason)
                    | Unauthenticated::MayNotImpersonate { reason, .. } => reason,
                    Unauthenticated::TooMany => "too many requests",
                };
                let said: &[(&str, &dyn Debug)] = &[("arn", &arn), ("error", &why)];
                logfmt(now, "warning", "access denied", said)
            }
        };
        match is_stranger {
            true => self.write_of_stranger(LogType::Authenticator, now, text),
            false => self.write(LogType::Authenticator, now, text()),
        }
    }
}

impl Audit for ClusterLogs {
    fn heard(&self, record: &AuditRecord<'_>) {
        if self.is_on(LogType::Audit) && record.is_recorded() {
            let line = || record.event().to_string();
            match record.unproven {
                Some(_) => self.write_of_stranger(LogType::Audit, record.ended, line),
                None => self.write(LogType::Audit, record.ended, line()),
            }
        }
        let took = record.ended.since(record.began);
        let lasts = record.asked.verb == "watch";
        if let Some(kind) = log_of(&record.user.name)
            && self.is_on(kind)
            && let Some(text) = asked_by_part(record)
        {
            self.write(kind, record.ended, text);
        }
        if (record.code >= 500 || took > SLOW && !lasts) && self.is_on(LogType::Api) {
            self.write(LogType::Api, record.ended, slow_or_failed(record, took));
        }
    }
}

/// The log of the part that is this user of its cluster.
fn log_of(user: &str) -> Option<LogType> {
    match user {
        CONTROLLERS => Some(LogType::ControllerManager),
        SCHEDULER => Some(LogType::Scheduler),
        _ => None,
    }
}

/// What a part says of a request of its own: that it deletes something, and what it was refused. That something is gone or was changed
/// meanwhile is part of its work.
fn asked_by_part(record: &AuditRecord<'_>) -> Option<String> {
    let asked = record.asked;
    let what = asked.full_resource();
    let object = match asked.namespace.as_str() {
        "" => asked.name.clone(),
        namespace => format!("{namespace}/{}", asked.name),
    };
    match record.code {
        404 | 409 => None,
        400.. => Some(format!(
            "{} \"Request failed\" verb={:?} resource={what:?} object={object:?} code={}",
            klog('E', record.ended, "request"),
            asked.verb,
            record.code
        )),
        _ if asked.verb == "delete" => Some(format!(
            "{} \"Deleting item\" resource={what:?} object={object:?}",
            klog('I', record.ended, "request"),
        )),
        _ => None,
    }
}

/// What the controllers, or the scheduler, of a cluster say in Events, as lines of their log.
pub struct PartLog {
    logs: Arc<ClusterLogs>,
    kind: LogType,
}

impl PartLog {
    /// `None` for a user that is no part with a log.
    pub fn of(logs: &Arc<ClusterLogs>, user: &str) -> Option<Arc<dyn Journal>> {
        let (logs, kind) = (logs.clone(), log_of(user)?);
        Some(Arc::new(Self { logs, kind }))
    }
}

impl Journal for PartLog {
    fn hear(&self, said: &Said<'_>) {
        if self.logs.is_on(self.kind) {
            self.logs.write(self.kind, said.at, event(said));
        }
    }
}

/// As upstream's parts log the events that they write. All is quoted, so that nobody's text makes a line of its own.
fn event(said: &Said<'_>) -> String {
    let about = said.about;
    let object = match about.namespace.as_str() {
        "" => about.name.clone(),
        namespace => format!("{namespace}/{}", about.name),
    };
    let kind = if said.is_warning { "Warning" } else { "Normal" };
    format!(
        "{} \"Event occurred\" object={object:?} fieldPath=\"\" kind={:?} apiVersion={:?} type={kind:?} reason={:?} message={:?}",
        klog('I', said.at, "event"),
        about.kind.kind,
        about.kind.api_version(),
        said.reason,
        said.message
    )
}

/// As upstream's log of requests has it.
fn slow_or_failed(record: &AuditRecord<'_>, took: Duration) -> String {
    let level = if record.code >= 500 { 'E' } else { 'I' };
    let source = record.origin.map(|it| it.source.to_string());
    format!(
        "{} \"HTTP\" verb={:?} URI={:?} latency=\"{}ms\" userAgent={:?} srcIP={:?} resp={}",
        klog(level, record.ended, "httplog"),
        record.asked.verb.to_uppercase(),
        record.uri,
        took.as_millis(),
        record.user_agent,
        source.as_deref().unwrap_or("::1"),
        record.code
    )
}

/// `I1124 02:08:57.123000       1 httplog]`
fn klog(level: char, at: Timestamp, source: &str) -> String {
    let text = at.iso8601();
    let digits = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!(
        "{level}{}{} {}000       1 {source}]",
        digits(5, 7),
        digits(8, 10),
        digits(11, 23)
    )
}

/// Names and quoted values, as the authenticator writes them.
fn logfmt(at: Timestamp, level: &str, text: &str, said: &[(&str, &dyn Debug)]) -> String {
    use std::fmt::Write as _;

    let mut line = format!("time={:?} level={level} msg={text:?}", at.iso8601_seconds());
    for (name, value) in said {
        // Quoted, so that nobody's name writes a line of its own.
        let _ = write!(line, " {name}={value:?}");
    }
    line
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use wharf_kube_auth::Attributes;

    use super::*;

    #[test]
    fn lines_look_as_those_of_upstream() {
        let at = Timestamp::parse_iso8601("2026-11-24T02:08:57.123Z").unwrap();
        assert_eq!(
            klog('I', at, "httplog"),
            "I1124 02:08:57.123000       1 httplog]"
        );
        let arn = "arn:aws:iam::1:role/x\n";
        assert_eq!(
            logfmt(at, "info", "access granted", &[("arn", &arn)]),
            r#"time="2026-11-24T02:08:57Z" level=info msg="access granted" arn="arn:aws:iam::1:role/x\n""#
        );
        let user = UserInfo::anonymous();
        let asked = Attributes {
            verb: "get".to_owned(),
            ..Attributes::default()
        };
        let record = AuditRecord {
            user: &user,
            origin: None,
            asked: &asked,
            uri: "/api/v1/pods",
            code: 503,
            is_allowed: true,
            reason: "",
            began: at,
            ended: at,
            user_agent: "kubectl",
            notes: &Default::default(),
            unproven: None,
        };
        assert_eq!(
            slow_or_failed(&record, Duration::from_millis(7)),
            "E1124 02:08:57.123000       1 httplog] \"HTTP\" verb=\"GET\" URI=\"/api/v1/pods\" latency=\"7ms\" userAgent=\"kubectl\" srcIP=\"::1\" resp=503"
        );
    }

    #[test]
    fn who_is_of_the_account_is_no_stranger() {
        let own = "123456789012";
        for (arn, is_one) in [
            ("", true),
            ("arn:aws:iam::123456789012:role/x", false),
            ("arn:aws:iam::123456789012:root", false),
            ("arn:aws:iam::999999999999:role/x", true),
            ("arn:aws:iam::999999999999:role/a:123456789012:b", true),
        ] {
            assert_eq!(is_foreign(arn, own), is_one, "{arn}");
        }
    }

    #[test]
    fn strangers_do_not_fill_a_log() {
        let at = |seconds: i64| Timestamp::from_millis(1_800_000_000_000 + seconds * 1000);
        let strangers = Strangers::default();
        let line = "x".repeat(700);
        let made = Cell::new(0_usize);
        let has_room = |log, line: &str, seconds| {
            let line = || {
                made.set(made.get() + 1);
                line.to_owned()
            };
            strangers.line(log, at(seconds), line).is_some()
        };
        let taken = |line: &str, seconds| {
            made.set(0);
            let tries = (0..1000).filter(|_| has_room(LogType::Audit, line, seconds));
            let taken = tries.count();
            assert_eq!(made.get(), taken, "lines are made that nobody reads");
            taken
        };
        assert_eq!(taken(&line, 0), 94);
        assert_eq!(taken(&line, 7), 10);
        // Whatever its length: after a long one others wait.
        assert_eq!(taken(&line, 3600), 94);
        assert_eq!(taken(&"x".repeat(100_000), 7200), 1);
        assert_eq!(taken(&line, 7210), 0);
        assert_eq!(taken(&line, 7240), 10);
        // Each log by itself: a token that is refused is told of in both.
        assert!(!has_room(LogType::Audit, &line, 7240));
        assert!(has_room(LogType::Authenticator, &line, 7240));
    }

    #[test]
    fn parts_say_what_they_decide_and_what_they_are_refused() {
        use wharf_kube_client::{Ref, kind};

        let at = Timestamp::parse_iso8601("2026-11-24T02:08:57.123Z").unwrap();
        let about = Ref {
            kind: kind::POD,
            namespace: "default".to_owned(),
            name: "web".to_owned(),
            uid: String::new(),
            resource_version: String::new(),
            field_path: String::new(),
        };
        let said = Said {
            about: &about,
            is_warning: true,
            reason: "FailedScheduling",
            message: "0/1 nodes\nE forged",
            at,
        };
        assert_eq!(
            event(&said),
            r#"I1124 02:08:57.123000       1 event] "Event occurred" object="default/web" fieldPath="" kind="Pod" apiVersion="v1" type="Warning" reason="FailedScheduling" message="0/1 nodes\nE forged""#
        );
        let user = UserInfo::authenticated(SCHEDULER, &[]);
        let told = |verb: &str, code: u16| {
            let asked = Attributes {
                verb: verb.to_owned(),
                namespace: "default".to_owned(),
                resource: "pods".to_owned(),
                subresource: "binding".to_owned(),
                name: "web".to_owned(),
                ..Attributes::default()
            };
            asked_by_part(&AuditRecord {
                user: &user,
                origin: None,
                asked: &asked,
                uri: "",
                code,
                is_allowed: true,
                reason: "",
                began: at,
                ended: at,
                user_agent: "",
                notes: &Default::default(),
                unproven: None,
            })
        };
        assert_eq!(told("create", 201), None);
        assert_eq!(told("create", 409), None);
        assert_eq!(
            told("create", 403).unwrap(),
            r#"E1124 02:08:57.123000       1 request] "Request failed" verb="create" resource="pods/binding" object="default/web" code=403"#
        );
        assert_eq!(
            told("delete", 200).unwrap(),
            r#"I1124 02:08:57.123000       1 request] "Deleting item" resource="pods/binding" object="default/web""#
        );
        assert_eq!(log_of("system:kube-scheduler"), Some(LogType::Scheduler));
        assert_eq!(log_of("system:kube-scheduler-of-somebody"), None);
    }
}
