// Package openapipostern reads the policies of an HTTP service from its own
// description, a document of OpenAPI 3:
//
//	paths:
//	  /photos/{id}:
//	    get:
//	      operationId: getPhoto
//	      security:
//	        - login: [photos:read]
//	components:
//	  securitySchemes:
//	    login: {type: oauth2, flows: ...}
//
// [Read] turns each operation into a pattern of http.ServeMux and a
// scope.Policy, and [Description.Handle] registers the handlers:
//
//	api, err := openapipostern.Read(document, openapipostern.Options{Schemes: []string{"login"}})
//	...
//	err = api.Handle(mux, map[string]http.Handler{"getPhoto": getPhoto})
//
// Do not serve if one of them fails. A document that says nothing about an
// operation, or says it in a way that could be read in two ways, is an error and
// opens nothing.
//
// # What security means
//
// The security of an operation, or of the document if the operation has none,
// is a list of alternatives:
//
//	[{login: [a, b]}]              all(a, b)
//	[{login: [a]}, {login: [b]}]   all(a) or all(b)
//	[{login: [a], other: [b]}]     all(a, b), if both are in Options.Schemes
//	[{login: [a], dpop: []}]       bound and all(a), if dpop is of type http
//	[{login: []}]                  authenticated
//	[]                             public, if the operation itself says so
//	[{}]                           public, if the operation itself says so
//	[{}, {login: []}]              optional, if the operation itself says so
//	[{}, {login: [a]}]             an error; see Options.OptionalHere
//
// What OpenAPI cannot say stands in an extension of the operation, in the syntax
// of scope.ParsePolicy. It is asked for in addition:
//
//	x-postern-policy: user
//
// # What is an error
//
//   - an operation without an operationId
//   - an operation without security in a document without security
//   - a document whose security lets operations be called without a token
//   - a security scheme that neither Options.Schemes nor Options.Elsewhere names
//   - a scope that no flow of its oauth2 scheme declares
//   - an alternative that never matters beside another
//   - a $ref that leads out of the document; nothing is ever fetched
//   - a name twice in one object, an anchor or a tag of YAML
//   - servers of an operation or of a path item
//   - a path that http.ServeMux cannot match: a parameter that is not a whole
//     segment, or has a name that is no Go identifier; see Options.Wildcards
//   - two operations that one request could match, neither being more specific
//   - anything else that makes the document invalid
//
// Callbacks and webhooks describe requests that the service sends. They become
// no routes. Like http.ServeMux, a route for GET also serves HEAD unless the
// document has an operation for that.
package openapipostern
