//! Each rule, broken once in an image that holds all of them.

use super::*;
