//! The checksum that a row carries.
//!
//! SQLite notices a damaged structure, not a flipped bit in a text. A resource whose id has decayed would look like a
//! missing one, and apply would make it a second time.

use std::hash::Hasher;

use fnv::FnvHasher;

/// A checksum over the fields of a row: FNV-1a, 64 bits. It finds every change of a single byte; it is no protection
/// against intent. The file format fixes the algorithm and the order of the bytes.
pub(crate) struct Checksum(FnvHasher);

impl Checksum {
    pub(crate) fn new() -> Checksum {
        Checksum(FnvHasher::default())
    }

    /// Takes a field in. Its length goes in as well, so that no text can move from one field to the next.
    pub(crate) fn text(mut self, text: &str) -> Checksum {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
        self
    }

    pub(crate) fn number(mut self, number: i64) -> Checksum {
        self.bytes(&number.to_le_bytes());
        self
    }

    pub(crate) fn optional(mut self, text: Option<&str>) -> Checksum {
        self.bytes(&[u8::from(text.is_some())]);
        self.text(text.unwrap_or_default())
    }

    /// Returns the checksum as the integer that SQLite keeps.
    pub(crate) fn value(self) -> i64 {
        i64::from_ne_bytes(self.0.finish().to_ne_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::Checksum;

    #[test]
    fn fields_do_not_run_into_each_other() {
        assert_ne!(Checksum::new().text("ab").text("c").value(), Checksum::new().text("a").text("bc").value());
        assert_ne!(Checksum::new().optional(None).value(), Checksum::new().optional(Some("")).value());
        assert_eq!(Checksum::new().number(7).value(), Checksum::new().number(7).value());
    }
}
