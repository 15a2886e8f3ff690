//! What is wrong with what an operator says of a maker, in words for them.

use super::LONGEST_JOIN;

/// The address of a maker is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMakerUrl {
    #[error("{0} is no address of the web")]
    NoAddress(String),
    #[error("it is https://host[:port][/path], without a password and a query")]
    Parts,
    #[error(
        "over http tokens of machines go in the clear: use https, or allow it with --machine-maker-http"
    )]
    InTheClear,
    #[error(
        "http is for an address of this machine or of a private network, such as http://10.0.0.5:8080"
    )]
    NotPrivate,
    #[error("it begins with https://")]
    Scheme,
}

/// A maker makes nothing, or nothing that there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMaker {
    #[error("the types that it makes are to be named")]
    NoTypes,
    #[error("there is no instance type or family {0}")]
    NoSuchType(String),
    #[error("{zone} is no zone of {region}")]
    NoZone { zone: String, region: String },
    #[error("a token lives {} s", LONGEST_JOIN.as_secs())]
    TooLong,
    #[error(transparent)]
    Pool(#[from] BadPool),
}

/// The machines for Fargate make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPool {
    #[error("the machines of the pool are to be named")]
    NoSizes,
    #[error("{least} machines at least are more than {most} at most")]
    LeastIsMore { least: u32, most: u32 },
    #[error("{one} machines for one account are more than {most} at most")]
    OneIsMore { one: u32, most: u32 },
}
