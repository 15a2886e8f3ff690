//! A shared value whose type does not say what it is made of.
//!
//! Of each future that may move between threads the compiler proves that all it holds may, and it does so anew in each function
//! that has such a future. Through an [`Opaque`] it does not look: what is within was proven once, where it was made. Such proofs
//! were 84 of the 133 seconds that the server's crate took to compile.

use std::{
    any::Any,
    fmt,
    marker::PhantomData,
    ops::Deref,
    sync::{Arc, Weak},
};

/// As an `Arc`, for what very many futures hold and what is itself made of much. A look at what is within costs nanoseconds more.
pub struct Opaque<T> {
    value: Arc<dyn Any + Send + Sync>,
    of: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Opaque<T> {
    pub fn new(value: T) -> Self {
        Self {
            value: Arc::new(value),
            of: PhantomData,
        }
    }
}

impl<T> Opaque<T> {
    pub fn downgrade(&self) -> WeakOpaque<T> {
        WeakOpaque {
            value: Arc::downgrade(&self.value),
            of: PhantomData,
        }
    }
}

impl<T: Default + Send + Sync + 'static> Default for Opaque<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: 'static> Deref for Opaque<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self.value.downcast_ref() {
            Some(value) => value,
            None => unreachable!("it was made of one"),
        }
    }
}

impl<T> Clone for Opaque<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            of: PhantomData,
        }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Opaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// An [`Opaque`] that keeps nothing.
pub struct WeakOpaque<T> {
    value: Weak<dyn Any + Send + Sync>,
    of: PhantomData<fn() -> T>,
}

impl<T> WeakOpaque<T> {
    /// While there is one.
    pub fn upgrade(&self) -> Option<Opaque<T>> {
        let value = self.value.upgrade()?;
        Some(Opaque {
            value,
            of: PhantomData,
        })
    }
}

impl<T> fmt::Debug for WeakOpaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakOpaque")
    }
}

impl<T> Clone for WeakOpaque<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            of: PhantomData,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn clones_share_what_is_within() {
        let one = Opaque::new(AtomicU32::new(1));
        let other = one.clone();
        one.fetch_add(1, Ordering::Relaxed);
        assert_eq!(other.load(Ordering::Relaxed), 2);
        assert_eq!(format!("{:?}", Opaque::new(5)), "5");
    }

    #[test]
    fn one_that_keeps_nothing_is_of_use_while_there_is_another() {
        let one = Opaque::<u32>::default();
        let weak = one.downgrade();
        assert_eq!(weak.clone().upgrade().as_deref(), Some(&0));
        drop(one);
        assert!(weak.upgrade().is_none());
    }
}
