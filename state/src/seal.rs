//! The checksum that a row carries.
//!
//! SQLite notices a damaged structure, not a flipped bit in a text. A resource whose id has decayed would look like a
//! missing one, and apply would make it a second time.

/// A checksum over the fields of a row: FNV-1a, 64 bits. It finds every change of a single byte; it is no protection
/// against intent.
pub(crate) struct Seal(u64);

impl Seal {
    pub(crate) fn new() -> Seal {
        Seal(0xcbf2_9ce4_8422_2325)
    }

    /// Takes a field in. Its length goes in as well, so that no text can move from one field to the next.
    pub(crate) fn text(mut self, text: &str) -> Seal {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
        self
    }

    pub(crate) fn number(mut self, number: i64) -> Seal {
        self.bytes(&number.to_le_bytes());
        self
    }

    pub(crate) fn optional(mut self, text: Option<&str>) -> Seal {
        self.bytes(&[u8::from(text.is_some())]);
        self.text(text.unwrap_or_default())
    }

    /// Returns the checksum as the integer that SQLite keeps.
    pub(crate) fn value(self) -> i64 {
        i64::from_ne_bytes(self.0.to_ne_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seal;

    #[test]
    fn fields_do_not_run_into_each_other() {
        assert_ne!(Seal::new().text("ab").text("c").value(), Seal::new().text("a").text("bc").value());
        assert_ne!(Seal::new().optional(None).value(), Seal::new().optional(Some("")).value());
        assert_eq!(Seal::new().number(7).value(), Seal::new().number(7).value());
    }
}
