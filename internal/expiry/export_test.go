package expiry

// At is Context by another wall clock.
var At = at
