use super::baseline::{Growth, Kept, growths, render};
use super::*;
