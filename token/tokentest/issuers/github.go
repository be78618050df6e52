package issuers

// GitHubActions is GitHub, whose workflows get tokens that say where they run.
// It has one kind of token, which is Machine: that of a job on the main branch
// of octo-org/octo-repo, in the environment production.
func GitHubActions() Shape {
	job := form{typ: "JWT", header: []claim{{"x5t", random}}, claims: []claim{
		{"jti", uuid},
		{"sub", "repo:octo-org@123456/octo-repo@456789:environment:production"},
		{"aud", single},
		{"ref", "refs/heads/main"},
		{"sha", "8f3c2d1b5a9e7f60412c3d4e5f60718293a4b5c6"},
		{"repository", "octo-org/octo-repo"},
		{"repository_owner", "octo-org"},
		{"repository_owner_id", "123456"},
		{"run_id", "7042013991"},
		{"run_number", "58"},
		{"run_attempt", "1"},
		{"repository_visibility", "public"},
		{"repository_id", "456789"},
		{"actor_id", "583231"},
		{"actor", "octocat"},
		{"workflow", "Deploy"},
		{"head_ref", ""},
		{"base_ref", ""},
		{"event_name", "push"},
		{"ref_protected", "true"},
		{"ref_type", "branch"},
		{"workflow_ref", "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main"},
		{"job_workflow_ref", "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main"},
		{"runner_environment", "github-hosted"},
		{"environment", "production"},
		{"nbf", now},
	}}
	return Shape{
		Name:    "github-actions",
		Options: options("https://token.actions.githubusercontent.com", photosAPI),
		Access:  none("GitHub Actions", "tokens for users"),
		Machine: job.edit(),
		ID:      none("GitHub Actions", "ID tokens apart from its only tokens"),
		Refresh: none("GitHub Actions", "refresh tokens"),
	}
}
