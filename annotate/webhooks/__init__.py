"""What webhooks promise to those who receive them: where they may reach, and how a message is signed."""
