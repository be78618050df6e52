package main

import (
	"go/ast"
	"go/token"
	"strings"
)

// function makes the mutants of one function: one in which it finds nothing
// wrong, and those of its conditions.
func (w *writer) function(fn *ast.FuncDecl) {
	w.fn = fn.Name.Name
	w.early(fn)
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			w.whole(n.Cond)
		case *ast.SwitchStmt:
			if n.Tag == nil {
				w.cases(n)
			}
		case *ast.ForStmt:
			if n.Cond != nil {
				w.replace(n.Cond, w.parts(n.Cond))
			}
		case *ast.ReturnStmt:
			w.values(n.Results)
		case *ast.AssignStmt:
			w.values(n.Rhs)
		}
		return true
	})
}

// early makes a function return at its beginning that nothing is wrong, if all
// it does is to say so.
func (w *writer) early(fn *ast.FuncDecl) {
	if fn.Type.Results == nil || len(fn.Body.List) == 0 {
		return
	}
	at := w.offset(fn.Body.Lbrace) + 1
	say := func(change, values string) {
		on := w.flip(fn, change, fn.Name.Name)
		w.edits = append(w.edits, edit{at, at, " if " + on + " { return " + values + " };"})
	}
	switch w.results(fn) {
	case "error":
		say("returns nil", "nil")
	case "bool":
		say("returns true", "true")
		say("returns false", "false")
	}
}

func (w *writer) results(fn *ast.FuncDecl) string {
	var types []string
	for _, field := range fn.Type.Results.List {
		for range max(len(field.Names), 1) {
			types = append(types, w.text(field.Type))
		}
	}
	return strings.Join(types, " ")
}

// whole is a condition that is switched off, and one that is made to hold
// always, besides what happens to its parts.
func (w *writer) whole(cond ast.Expr) {
	off := w.flip(cond, "off", w.text(cond))
	always := w.flip(cond, "always", w.text(cond))
	w.replace(cond, always+" || !"+off+" && ("+w.parts(cond)+")")
}

func (w *writer) cases(s *ast.SwitchStmt) {
	for _, stmt := range s.Body.List {
		for _, cond := range stmt.(*ast.CaseClause).List {
			w.whole(cond)
		}
	}
}

// values are expressions that may be conditions.
func (w *writer) values(list []ast.Expr) {
	for _, e := range list {
		if binary, ok := e.(*ast.BinaryExpr); ok && isLogical(binary.Op) {
			w.replace(e, w.parts(e))
		}
	}
}

func isLogical(op token.Token) bool {
	return op == token.LAND || op == token.LOR || boundary[op] != token.ILLEGAL
}

func (w *writer) replace(e ast.Expr, text string) {
	w.edits = append(w.edits, edit{w.offset(e.Pos()), w.offset(e.End()), text})
}

// boundary moves a comparison by one.
var boundary = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
}

// parts is a condition each part of which can be taken out.
func (w *writer) parts(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return "(" + w.parts(e.X) + ")"
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return "!(" + w.parts(e.X) + ")"
		}
	case *ast.BinaryExpr:
		return w.binary(e)
	}
	return w.text(e)
}

func (w *writer) binary(e *ast.BinaryExpr) string {
	switch e.Op {
	case token.LAND:
		return "(" + w.without(e.X, "||") + " && " + w.without(e.Y, "||") + ")"
	case token.LOR:
		return "(" + w.without(e.X, "&& !") + " || " + w.without(e.Y, "&& !") + ")"
	}
	moved := boundary[e.Op]
	if moved == token.ILLEGAL {
		return w.text(e)
	}
	on := w.flip(e, e.Op.String()+" as "+moved.String(), w.text(e))
	x, y := w.text(e.X), w.text(e.Y)
	return "(" + on + " && " + x + " " + moved.String() + " " + y + " || !" + on + " && " + x + " " + e.Op.String() + " " + y + ")"
}

// without is a part that can be made not to matter.
func (w *writer) without(e ast.Expr, how string) string {
	return "((" + w.parts(e) + ") " + how + w.flip(e, "part out", w.text(e)) + ")"
}
