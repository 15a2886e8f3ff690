//! What the programs have in common that stand beside tasks and outlive who started them: how one is begun and says so
//! ([`Program`]), what it gives up ([`confine`], [`capabilities`]), and how those that show files speak with the kernel ([`fuse`]).

pub mod capabilities;
pub mod confine;
pub mod fuse;
mod program;

pub use program::{Program, heard, stay};
