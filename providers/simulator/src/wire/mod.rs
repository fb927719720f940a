//! The three forms of AWS's protocols that the region speaks.

pub(crate) mod error;
pub(crate) mod params;
pub(crate) mod xml;
