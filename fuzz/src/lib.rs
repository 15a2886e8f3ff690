//! Every parser that meets the wire or foreign files, as a function that takes any bytes.
//!
//! `cargo test -p wharf-fuzz` replays what lies in `corpus/` and a short run of random changes to it;
//! `make fuzz` searches with the coverage of the code as its guide (`fuzz/run`). A target fails by a
//! panic, an overflow, by not coming to an end, or by taking a gibibyte of memory.
//!
//! A new parser gets a line in [`TARGETS`] and a few inputs in `corpus/<name>/`. An input that a parser
//! failed on stays there for good, under a name that says what it shows.
//!
//! Targets that need the same crates are an area, which is a feature of this crate: `fuzz/run` builds those of the
//! targets that it is asked for, everything else builds all.

#[cfg(feature = "node")]
mod agent;
#[cfg(feature = "planes")]
mod balancer;
#[cfg(feature = "certificates")]
mod certificates;
#[cfg(feature = "kube-server")]
mod clusters;
#[cfg(feature = "ec2")]
mod ec2;
#[cfg(feature = "iam")]
mod iam;
#[cfg(feature = "images")]
mod images;
// Not every area cuts its inputs in every way.
#[cfg_attr(not(feature = "default"), allow(dead_code))]
mod input;
#[cfg(feature = "kube-cloud")]
mod kube_cloud;
#[cfg(feature = "kube-node")]
mod kubelet;
#[cfg(feature = "kube")]
mod kubernetes;
#[cfg(feature = "languages")]
mod languages;
#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "planes")]
mod machines;
#[cfg(feature = "messages")]
mod messages;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "wire")]
mod models;
#[cfg(feature = "server")]
mod operations;
#[cfg(feature = "planes")]
mod planes;
#[cfg(feature = "records")]
mod records;
#[cfg(feature = "registry")]
mod registry;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "scans")]
mod scans;
#[cfg(feature = "planes")]
mod shared_files;
#[cfg(feature = "scans")]
mod signatures;
#[cfg(feature = "storage")]
mod storage;
#[cfg(feature = "wire")]
mod wire;

/// A target's name, which is its folder in `corpus/` too, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Rows of a target, of which those are kept whose area is built.
macro_rules! targets {
    ($(($name:literal, $area:tt, $target:path)),* $(,)?) => {
        /// In the order of their names.
        pub const TARGETS: &[Target] = &[$(#[cfg(feature = $area)] ($name, $target)),*];
    };
}

// `fuzz/run` reads here which area a target is in.
targets![
    ("access-log", "planes", planes::access_log),
    ("acs-agent", "node", agent::acs_agent),
    ("acs-server", "node", agent::acs_server),
    ("arn", "languages", languages::arn),
    ("audit-record", "records", records::audit_record),
    ("aws-chunked", "wire", wire::aws_chunked),
    ("aws-json", "wire", wire::aws_json),
    ("aws-query", "wire", wire::aws_query),
    ("cbor", "wire", models::cbor),
    ("certificate", "certificates", certificates::certificate),
    ("certificate-import", "certificates", certificates::import),
    ("cost-ledger", "records", records::cost_ledger),
    ("data-channel", "node", agent::data_channel),
    ("delivery-policy", "messages", messages::delivery_policy),
    ("destination", "messages", messages::destination),
    ("dns-answer", "planes", planes::dns_answer),
    ("dns-question", "planes", planes::dns_question),
    ("ec2-query", "wire", wire::ec2_query),
    ("ecr-lifecycle", "registry", registry::ecr_lifecycle),
    ("ecr-manifest", "registry", registry::ecr_manifest),
    ("event-pattern", "languages", languages::event_pattern),
    ("forward-head", "planes", planes::forward_head),
    ("guest-dhcp", "planes", machines::guest_dhcp),
    ("guest-ipv6", "planes", machines::guest_ipv6),
    ("guest-kernel", "planes", machines::guest_kernel),
    ("iam-policy", "languages", languages::iam_policy),
    ("image-location", "ec2", ec2::image_location),
    ("image-manifest", "images", images::manifest),
    ("image-packages", "scans", scans::packages),
    ("image-reference", "images", images::reference),
    ("image-scan", "scans", scans::layers),
    ("image-signature", "scans", signatures::image),
    ("insight-rule", "logs", logs::insight_rule),
    ("insights-query", "languages", languages::insights_query),
    ("journal-footer", "storage", storage::journal_footer),
    ("journal-frame", "storage", storage::journal_frame),
    ("journal-manifest", "storage", storage::journal_manifest),
    ("keyring-file", "storage", storage::keyring_file),
    ("kms-ciphertext", "records", records::kms_ciphertext),
    ("kube-account-token", "kube-server", clusters::account_token),
    ("kube-adapter", "kube-server", clusters::adapter),
    ("kube-addon", "kube-cloud", kube_cloud::addon),
    ("kube-aggregated", "kube-server", clusters::aggregated),
    ("kube-aws-auth", "server", operations::aws_auth),
    ("kube-binding", "kube-cloud", kube_cloud::binding),
    ("kube-continue", "kube-server", clusters::continue_token),
    ("kube-cron", "kube-server", clusters::cron),
    ("kube-definition", "kube", kubernetes::definition),
    ("kube-eks-token", "kube-server", clusters::eks_token),
    ("kube-endpoints", "kube", kubernetes::endpoints),
    ("kube-ingress", "kube-cloud", kube_cloud::ingress),
    ("kube-json", "kube", kubernetes::json),
    ("kube-jsonpath", "kube", kubernetes::json_path),
    ("kube-network-policy", "kube", kubernetes::network_policy),
    ("kube-node-summary", "kube-server", clusters::node_summary),
    ("kube-oidc-token", "iam", iam::oidc_token),
    ("kube-page", "kube-server", clusters::page),
    ("kube-patch", "kube", kubernetes::patches),
    ("kube-pod", "kube-node", kubelet::pod),
    ("kube-probe", "kube-node", kubelet::probe),
    ("kube-protobuf", "kube", kubernetes::protobuf),
    ("kube-request", "kube-node", kubelet::request),
    ("kube-review", "kube-server", clusters::review),
    ("kube-selector", "kube", kubernetes::selector),
    ("kube-service", "kube-cloud", kube_cloud::service),
    (
        "kube-signing-request",
        "kube-server",
        clusters::signing_request
    ),
    ("kube-spdy", "kube-node", kubelet::spdy),
    ("kube-volume", "kube-cloud", kube_cloud::volume),
    ("kube-websocket", "kube-node", kubelet::websocket),
    ("kube-yaml", "kube", kubernetes::yaml),
    ("layer", "images", images::layer),
    ("layer-archive", "images", images::layer_archive),
    ("layer-index", "images", images::layer_index),
    ("layer-peers", "planes", planes::layer_peers),
    ("lb-chunks", "planes", balancer::chunks),
    ("lb-configuration", "planes", balancer::configuration),
    ("lb-heads", "planes", balancer::heads),
    ("lb-request", "planes", balancer::request),
    ("lb-response", "planes", balancer::response),
    ("log-filter", "logs", logs::log_filter),
    ("log-index", "logs", logs::log_index),
    ("log-lines", "node", agent::log_lines),
    ("log-pattern", "logs", logs::log_pattern),
    ("log-token", "logs", logs::log_token),
    ("metric-expression", "metrics", metrics::metric_expression),
    ("metric-widget", "metrics", metrics::metric_widget),
    ("network", "planes", planes::network),
    ("nfs-answer", "planes", planes::nfs_answer),
    ("nfs-call", "planes", shared_files::call),
    ("nfs-ticket", "planes", shared_files::ticket),
    ("operations", "server", operations::operations),
    ("package-version", "scans", scans::version),
    ("placement-query", "languages", languages::placement_query),
    ("plane-frames", "planes", planes::plane_frames),
    ("price-list", "storage", storage::price_list),
    ("promql", "languages", languages::promql),
    ("provider-document", "iam", iam::provider_document),
    ("public-key", "ec2", ec2::public_key),
    ("record", "records", records::record),
    ("record-key", "storage", storage::record_key),
    ("registry-login", "registry", registry::registry_login),
    ("registry-path", "registry", registry::registry_path),
    ("remote-write", "metrics", metrics::remote_write),
    ("rest", "wire", models::rest),
    ("s3-form", "s3", s3::s3_form),
    ("saml-response", "iam", iam::saml_response),
    ("sealed", "storage", storage::sealed),
    ("seccomp-profile", "images", images::seccomp_profile),
    ("series-chunk", "storage", storage::series_chunk),
    ("series-frame", "storage", storage::series_frame),
    ("shim-frames", "node", agent::shim_frames),
    ("sigv4", "wire", wire::sigv4),
    ("snapshot-page", "planes", planes::snapshot_page),
    ("spool", "node", agent::spool),
    ("store-checkpoint", "storage", storage::store_checkpoint),
    ("store-frame", "storage", storage::store_frame),
    ("subscriber", "messages", messages::subscriber),
    ("timestamp", "languages", languages::timestamp),
    ("transformer", "languages", languages::transformer),
    ("user-data", "planes", machines::user_data),
    ("vulnerability-data", "scans", scans::data),
    ("vulnerability-record", "scans", scans::record),
    ("wal-segment", "storage", storage::wal_segment),
    ("xml-answer", "wire", wire::xml_answer),
];

/// The target of that name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.map(|(_, target)| *target)
}
