//! ECR's operations over a real store and real files.

mod access;
mod archive;
mod collect;
mod findings_told;
mod images;
mod kill;
mod layers;
mod lifecycle;
mod pull_through;
mod quotas;
mod replication;
mod repositories;
mod scans;
mod scans_again;
mod scans_beside;
mod scans_enhanced;
mod scans_expired;
mod scans_failed;
mod sealed;
mod sealed_elsewhere;
mod settings;
mod sha512;
mod signing;
mod signing_again;
mod support;
mod templates;
