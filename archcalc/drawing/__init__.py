"""Pictures: charts of numbers, diagrams of networks, and the colours of both."""
