// Package printing is the printing service of the photo story: a web
// application by a stranger, who wants to print an owner's photos and never
// gets to see her password. It is an OAuth 2.0 client written with
// golang.org/x/oauth2 and uses nothing of postern.
package printing
