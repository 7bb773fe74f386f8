"""The real tenant: Microsoft Graph and Exchange Online."""
