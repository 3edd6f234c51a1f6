//! Issuing: what the lender's and the OEM's programs share.
