# Runs cmdlets of Exchange Online for exchange_pwsh.py, in one session.
#
# Standard input and output hold one JSON object a line. The first line in says how to connect; it
# is answered when the session is there. Every further line asks for one cmdlet:
#   {"id": 1, "cmdlet": "Get-Mailbox", "parameters": {...}, "returns": ["ExchangeGuid"]}
# and is answered by {"id": 1, "objects": [...], "warnings": [...]} or {"id": 1, "error": "..."}.
# Values come as data and go to the cmdlet by splatting: nothing that is read is run as script.
# Needs PowerShell 7.3 or newer and the module ExchangeOnlineManagement 3.

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$ConfirmPreference = 'None'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$InformationPreference = 'SilentlyContinue'

$utf8 = [System.Text.UTF8Encoding]::new($false)
$reader = [System.IO.StreamReader]::new([Console]::OpenStandardInput(), $utf8)
$writer = [System.IO.StreamWriter]::new([Console]::OpenStandardOutput(), $utf8)
$writer.NewLine = "`n"
$writer.AutoFlush = $true

$allowed = @(
    'Get-Mailbox', 'Set-Mailbox', 'Get-MailboxStatistics', 'Get-DistributionGroupMember',
    'Add-DistributionGroupMember', 'Remove-DistributionGroupMember'
)

function Send-Answer([hashtable] $Answer) {
    $writer.WriteLine((ConvertTo-Json -InputObject $Answer -Compress -Depth 5 -EnumsAsStrings))
}

function ConvertTo-Plain([System.Collections.IDictionary] $Table) {
    $plain = @{}
    foreach ($name in $Table.Keys) {
        $value = $Table[$name]
        if ($value -is [System.Collections.IDictionary]) { $value = ConvertTo-Plain $value }
        elseif ($value -is [array]) { $value = [string[]] $value }
        $plain[$name] = $value
    }
    return $plain
}

function Invoke-Order([System.Collections.IDictionary] $Order) {
    if ($Order['cmdlet'] -cnotin $allowed) { throw 'CmdletAccessDeniedException' }
    $parameters = ConvertTo-Plain $Order['parameters']
    $warned = $null
    $found = @(& $Order['cmdlet'] @parameters -WarningVariable warned)
    $returns = [string[]] @($Order['returns'])
    $objects = @(if ($returns.Count -gt 0) { $found | Select-Object -Property $returns })
    return @{ objects = $objects; warnings = @($warned | ForEach-Object { "$_" }) }
}

try {
    $connect = ConvertTo-Plain ($reader.ReadLine() | ConvertFrom-Json -AsHashtable)
    Connect-ExchangeOnline @connect -ShowBanner:$false -CommandName $allowed
    Send-Answer @{ id = 0; objects = @(); warnings = @() }
}
catch {
    Send-Answer @{ id = 0; error = "$($_.Exception.GetType().FullName)|$($_.Exception.Message)" }
    exit 1
}

while ($null -ne ($line = $reader.ReadLine())) {
    $id = -1
    try {
        $order = $line | ConvertFrom-Json -AsHashtable
        $id = $order['id']
        Send-Answer ((Invoke-Order $order) + @{ id = $id })
    }
    catch {
        Send-Answer @{ id = $id; error = "$($_.Exception.GetType().FullName)|$($_.Exception.Message)" }
    }
}
