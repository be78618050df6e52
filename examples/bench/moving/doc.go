// Package moving has the guards that services move to postern from, each with
// postern rehearsing behind it: the old guard decides, and postern's log tells
// which of the calls that it let through postern would refuse. The test holds
// the table in docs/migrating.md.
//
// Each guard is set up as the documentation of its library begins. What it lets
// through is a property of that set-up; most of the libraries can do more.
package moving
