//! What an operator does to an installation: copies, keys, accounts, images, admission.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DataArgs, OutputArgs};

#[derive(Args, Clone)]
pub struct BackupArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// The folder, on the server's machine; made if it is not there
    pub dir: PathBuf,
}

#[derive(Subcommand, Clone)]
pub enum ImagesCommand {
    /// Copy a repository, a tag or an image into a folder; a second time only what is new
    Export(ImagesExportArgs),
    /// Copy the contents of such a folder into a repository, which is created if it does not exist
    Import(ImagesImportArgs),
    /// Give an image an index of its large layers, so that tasks start before all of it is on their node
    Index(ImagesIndexArgs),
}

#[derive(Args, Clone)]
pub struct ImagesIndexArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// The region, if not the installation's own
    #[arg(long)]
    pub region: Option<String>,
    /// Which image: web:tag. The tag then means the image with the index; the one without keeps its digest
    #[arg(value_name = "REPOSITORY:TAG")]
    pub of: String,
}

#[derive(Args, Clone)]
pub struct ImagesExportArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// The region, if not the installation's own
    #[arg(long)]
    pub region: Option<String>,
    /// What to copy: web, web:tag or web@sha256:…
    #[arg(value_name = "REPOSITORY")]
    pub of: String,
    /// The folder, an OCI image layout; made if it is not there
    pub dir: PathBuf,
}

#[derive(Args, Clone)]
pub struct ImagesImportArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// The region, if not the installation's own
    #[arg(long)]
    pub region: Option<String>,
    /// The folder, an OCI image layout
    pub dir: PathBuf,
    /// Where its images go
    pub repository: String,
}

#[derive(Args, Clone)]
pub struct RestoreArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Move an existing control plane aside; the command says where
    #[arg(long)]
    pub replace: bool,
    /// The folder of the backup
    pub dir: PathBuf,
}

#[derive(Args, Clone)]
pub struct RepairArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Discard what is damaged and everything written after it
    #[arg(long)]
    pub give_up_damaged: bool,
}

#[derive(Subcommand, Clone)]
pub enum ScanDbCommand {
    /// Load records of OSV, or the data of Debian's security tracker
    Update(ScanDbUpdateArgs),
    /// Show how much is loaded, and when it was last updated
    Status(DataArgs),
}

#[derive(Args, Clone)]
pub struct ScanDbUpdateArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// A JSON file, an archive of these as osv.dev publishes it, a folder of both, or the URL of a file or archive
    #[arg(value_name = "FILE|URL")]
    pub from: String,
    /// Discard what was loaded before, even if it is damaged
    #[arg(long)]
    pub from_nothing: bool,
}

#[derive(Subcommand, Clone)]
pub enum AdmissionCommand {
    /// Create or replace a rule: images of these repositories start only if one of these keys signed them
    Set(AdmissionSetArgs),
    /// Show the rules
    List(OutputArgs),
    /// Remove a rule; without rules, every image may start
    Remove(AdmissionRemoveArgs),
}

#[derive(Args, Clone)]
pub struct AdmissionSetArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Name of the rule
    pub name: String,
    /// Repositories that the rule covers, with `*` for any characters: prod/*, docker.io/library/*; may be given several times
    #[arg(long, required = true, value_name = "PATTERN")]
    pub repository: Vec<String>,
    /// File with a public key in PEM form, or a certificate with one. May be given several times: a signature by any of them
    /// is enough
    #[arg(long, value_name = "FILE", required_unless_present = "unsigned")]
    pub key: Vec<PathBuf>,
    /// These images need no signature
    #[arg(long, conflicts_with = "key")]
    pub unsigned: bool,
}

#[derive(Args, Clone)]
pub struct AdmissionRemoveArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Name of the rule
    pub name: String,
}

#[derive(Subcommand, Clone)]
pub enum SigningProfileCommand {
    /// Create a profile from a KMS key; `aws ecr put-signing-configuration` says what it signs
    Create(SigningProfileCreateArgs),
    /// Show the profiles
    List(OutputArgs),
    /// Print the certificate of a profile, for those who verify its signatures
    Certificate(SigningProfileNameArgs),
    /// Remove a profile; what it signed stays signed
    Remove(SigningProfileNameArgs),
}

#[derive(Args, Clone)]
pub struct SigningProfileCreateArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Letters, digits and underscores
    pub name: String,
    /// A key of KMS for SIGN_VERIFY, by its id, ARN or alias: ECC_NIST_P256, ECC_NIST_P384, RSA_2048, RSA_3072, RSA_4096
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// How many days a signature is valid; forever by default
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(1..=4100))]
    pub validity_days: Option<i32>,
}

#[derive(Args, Clone)]
pub struct SigningProfileNameArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Name of the profile
    pub name: String,
}

#[derive(Subcommand, Clone)]
pub enum IamCommand {
    /// Show what other accounts, identity providers and the public may do in this region
    Public(OutputArgs),
}

#[derive(Subcommand, Clone)]
pub enum AccountCommand {
    /// Create an account and print the access key of its root, which is not shown again
    Create(AccountCreateArgs),
    /// Show the accounts, closed ones among them
    List(OutputArgs),
    /// Close an account for good: nobody signs in any more, and what runs there is stopped and removed
    Close(AccountCloseArgs),
}

#[derive(Args, Clone)]
pub struct AccountCreateArgs {
    /// A name for people to know it by
    pub name: String,
    /// Its number, twelve digits; a random one by default
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Makes the command repeatable: for a day, the same one shows the same account and key
    #[arg(long, value_name = "TOKEN")]
    pub client_token: Option<String>,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Args, Clone)]
pub struct AccountCloseArgs {
    /// Its number
    pub id: String,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Subcommand, Clone)]
pub enum KeysCommand {
    /// Show the keys of the keyring, and how many stored secrets are sealed under each
    List(DataArgs),
    /// Make a new key for the keyring (every stored secret is resealed), for root or for the node here, or the next
    /// authority of nodes or of requested certificates
    Rotate(KeysRotateArgs),
    /// Drop the keys, or the authority, from before the last rotation
    Retire(KeysRetireArgs),
    /// Set, change or remove the passphrase of the keyring; wharf must not be running
    Passphrase(KeysPassphraseArgs),
    /// Print a new keyring, to keep in a secrets manager and hand over with --keyring-fd
    New,
}

impl KeysCommand {
    pub fn data(&self) -> Option<&DataArgs> {
        Some(match self {
            Self::List(data) => data,
            Self::Rotate(args) => &args.data,
            Self::Retire(args) => &args.data,
            Self::Passphrase(args) => &args.data,
            Self::New => return None,
        })
    }
}

#[derive(Args, Clone)]
pub struct KeysRotateArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// What to rotate
    #[arg(value_enum)]
    pub key: RotatedKey,
}

#[derive(clap::ValueEnum, Clone, Copy)]
pub enum RotatedKey {
    /// The key that seals stored secrets
    Keyring,
    /// The authority that nodes know the server by
    Nodes,
    /// The authority of requested certificates
    Certificates,
    /// The access key of root; shells need `wharf env` again
    Root,
    /// The keyring of the node on this machine
    NodeKeyring,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
pub enum RetiredKey {
    /// Keys of the keyring from before
    Keyring,
    /// The authority that nodes knew the server by before
    Nodes,
    /// The authority of requested certificates from before
    Certificates,
}

#[derive(Args, Clone)]
pub struct KeysPassphraseArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Read the new passphrase from a file; without it the terminal is asked
    #[arg(long, value_name = "PATH", conflicts_with = "remove")]
    pub new_passphrase_file: Option<PathBuf>,
    /// Leave the keyring without one
    #[arg(long)]
    pub remove: bool,
}

#[derive(Args, Clone)]
pub struct KeysRetireArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// What to retire
    #[arg(value_enum, default_value = "keyring")]
    pub key: RetiredKey,
    /// Even if session tokens from before the rotation become invalid, or nodes are locked out
    #[arg(long)]
    pub now: bool,
    /// Do not ask before nodes are locked out
    #[arg(long, requires = "now")]
    pub yes: bool,
}
