//! How codecs see generated structs: a value is viewed as one of a few kinds, and a place to fill
//! is one of the same kinds. Dynamic on purpose: one codec per protocol instead of one per shape.

use std::{any::Any, collections::BTreeMap};

use serde_json::Value as Document;
use wharf_base::Timestamp;

use crate::streaming::ByteStream;

/// What a value is, borrowed.
pub enum View<'a> {
    Absent,
    Str(&'a str),
    Bool(bool),
    Long(i64),
    Double(f64),
    Time(Timestamp),
    Blob(&'a [u8]),
    /// Bytes that pass piece by piece.
    Stream(&'a ByteStream),
    List(&'a dyn List),
    Map(&'a dyn Map),
    Struct(&'a dyn Struct),
    Document(&'a Document),
}

/// A place that a decoder fills.
pub enum Slot<'a> {
    Str(&'a mut String),
    Bool(&'a mut bool),
    Int(&'a mut i32),
    Long(&'a mut i64),
    Double(&'a mut f64),
    Time(&'a mut Timestamp),
    Blob(&'a mut Vec<u8>),
    Stream(&'a mut ByteStream),
    List(&'a mut dyn List),
    Map(&'a mut dyn Map),
    Struct(&'a mut dyn Struct),
    Document(&'a mut Document),
}

impl<'a> Slot<'a> {
    /// The same place for a shorter time, which the compiler does not see by itself.
    pub(crate) fn shorter<'b>(self) -> Slot<'b>
    where
        'a: 'b,
    {
        match self {
            Self::Str(it) => Slot::Str(it),
            Self::Bool(it) => Slot::Bool(it),
            Self::Int(it) => Slot::Int(it),
            Self::Long(it) => Slot::Long(it),
            Self::Double(it) => Slot::Double(it),
            Self::Time(it) => Slot::Time(it),
            Self::Blob(it) => Slot::Blob(it),
            Self::Stream(it) => Slot::Stream(it),
            Self::List(it) => Slot::List(it),
            Self::Map(it) => Slot::Map(it),
            Self::Struct(it) => Slot::Struct(it),
            Self::Document(it) => Slot::Document(it),
        }
    }
}

/// Anything a member can hold.
pub trait Node: Send + Sync {
    fn view(&self) -> View<'_>;
    /// The place to fill; an absent value comes into being, so nulls must be skipped before.
    fn slot(&mut self) -> Slot<'_>;
}

pub trait List: Send + Sync {
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    fn get(&self, index: usize) -> View<'_>;
    fn push(&mut self) -> Slot<'_>;
}

pub trait Map: Send + Sync {
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    fn entries(&self) -> Box<dyn Iterator<Item = (&str, View<'_>)> + '_>;
    fn insert(&mut self, key: String) -> Slot<'_>;
}

/// A generated structure; members are numbered as in the schema.
pub trait Struct: Send + Sync {
    fn member(&self, index: usize) -> View<'_>;
    /// `None` for a number beyond the last member.
    fn member_mut(&mut self, index: usize) -> Option<Slot<'_>>;
}

/// An operation's whole input or output.
pub trait Payload: Struct + Any {
    fn as_struct(&self) -> &dyn Struct;
    fn as_struct_mut(&mut self) -> &mut dyn Struct;
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

impl<T: Struct + Any> Payload for T {
    fn as_struct(&self) -> &dyn Struct {
        self
    }
    fn as_struct_mut(&mut self) -> &mut dyn Struct {
        self
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Implements [`Struct`] and [`Node`] for a generated structure whose members are all optional.
#[macro_export]
macro_rules! structure {
    ($name:ident { $($index:literal $field:ident),* $(,)? }) => {
        impl $crate::node::Struct for $name {
            fn member(&self, index: usize) -> $crate::node::View<'_> {
                match index {
                    $($index => $crate::node::Node::view(&self.$field),)*
                    _ => $crate::node::View::Absent,
                }
            }
            fn member_mut(&mut self, index: usize) -> ::std::option::Option<$crate::node::Slot<'_>> {
                match index {
                    $($index => ::std::option::Option::Some($crate::node::Node::slot(&mut self.$field)),)*
                    _ => ::std::option::Option::None,
                }
            }
        }
        impl $crate::node::Node for $name {
            fn view(&self) -> $crate::node::View<'_> {
                $crate::node::View::Struct(self)
            }
            fn slot(&mut self) -> $crate::node::Slot<'_> {
                $crate::node::Slot::Struct(self)
            }
        }
    };
}

impl<T: Node + Default> Node for Option<T> {
    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Absent, Node::view)
    }
    fn slot(&mut self) -> Slot<'_> {
        self.get_or_insert_default().slot()
    }
}

impl<T: Node> Node for Box<T> {
    fn view(&self) -> View<'_> {
        (**self).view()
    }
    fn slot(&mut self) -> Slot<'_> {
        (**self).slot()
    }
}

impl<T: Node + Default> Node for Vec<T> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::List(self)
    }
}

impl<T: Node + Default> List for Vec<T> {
    fn len(&self) -> usize {
        Vec::len(self)
    }
    fn get(&self, index: usize) -> View<'_> {
        self[index].view()
    }
    fn push(&mut self) -> Slot<'_> {
        Vec::push(self, T::default());
        self.last_mut().expect("one was just pushed").slot()
    }
}

impl<T: Node + Default> Node for BTreeMap<String, T> {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Map(self)
    }
}

impl<T: Node + Default> Map for BTreeMap<String, T> {
    fn len(&self) -> usize {
        BTreeMap::len(self)
    }
    fn entries(&self) -> Box<dyn Iterator<Item = (&str, View<'_>)> + '_> {
        Box::new(self.iter().map(|(key, value)| (key.as_str(), value.view())))
    }
    fn insert(&mut self, key: String) -> Slot<'_> {
        self.entry(key).or_default().slot()
    }
}

macro_rules! scalar {
    ($type:ty, $self:ident => $view:expr, $slot:ident) => {
        impl Node for $type {
            fn view(&self) -> View<'_> {
                let $self = self;
                $view
            }
            fn slot(&mut self) -> Slot<'_> {
                Slot::$slot(self)
            }
        }
    };
}

scalar!(String, it => View::Str(it), Str);
scalar!(bool, it => View::Bool(*it), Bool);
scalar!(i32, it => View::Long(i64::from(*it)), Int);
scalar!(i64, it => View::Long(*it), Long);
scalar!(f64, it => View::Double(*it), Double);
scalar!(Timestamp, it => View::Time(*it), Time);
scalar!(Vec<u8>, it => View::Blob(it), Blob);
scalar!(Document, it => View::Document(it), Document);

/// Operations without input or output.
impl Struct for () {
    fn member(&self, _: usize) -> View<'_> {
        View::Absent
    }
    fn member_mut(&mut self, _: usize) -> Option<Slot<'_>> {
        None
    }
}
