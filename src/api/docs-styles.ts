/** The few rules that make Swagger UI fit small screens, dark rooms and keyboards. */

/** A stylesheet that is loaded after Swagger UI's own. */
export const docsStyles: string = `
:root { color-scheme: light; }
body { margin: 0; background: #fff; }
@media (prefers-color-scheme: dark) {
  :root { color-scheme: dark; }
  body { background: #1c2022; color: #e4e6e6; }
}
noscript { display: block; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }

.swagger-ui .info { margin: 40px 0 24px; }
.swagger-ui .info hgroup.main { margin-bottom: 12px; }
.swagger-ui .scheme-container { margin-bottom: 8px; padding: 16px 0; }
.one-server .swagger-ui .scheme-container .schemes > .schemes-server-container { display: none; }
.one-server .swagger-ui .scheme-container .schemes { justify-content: flex-end; }
.swagger-ui .scheme-container .schemes .auth-wrapper .auth-btn-wrapper .authorize { display: inline-block; padding: 5px 23px; }
.swagger-ui .scheme-container .schemes > .schemes-server-container > label { margin-top: 0; }
.swagger-ui .dialog-ux .modal-ux-content { max-height: calc(85vh - 80px); }

.swagger-ui .opblock .opblock-summary-method { text-shadow: none; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1b6ec2; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-post .opblock-summary-method { background: #15803d; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-put .opblock-summary-method { background: #a55b00; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #0f766e; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #c62828; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-deprecated .opblock-summary-method { background: #5f6670; }
html:not(.dark-mode) .swagger-ui .btn.authorize { border-color: #15803d; color: #15803d; }
html:not(.dark-mode) .swagger-ui .btn.authorize svg { color: #15803d; }
html.dark-mode .swagger-ui .opblock.opblock-deprecated .opblock-summary-method { color: #e4e6e6; }
html.dark-mode .swagger-ui table.headers td { color: #e4e6e6; }
.swagger-ui table.headers td, .swagger-ui table.headers th { padding-right: 12px; }

@media (max-width: 640px) {
  .swagger-ui .response-col_links { display: none; }
  .swagger-ui .wrapper, .swagger-ui .opblock-tag-section { padding-left: 12px; padding-right: 12px; }
  .swagger-ui .opblock-tag-section { padding-left: 0; padding-right: 0; }
  .swagger-ui .response-col_status { min-width: 3.5em; }
  .swagger-ui table tbody tr td { min-width: 0; }
  .swagger-ui .responses-inner { padding: 12px; }
  .swagger-ui .opblock-body { overflow-x: auto; }
  .swagger-ui .response-col_description .highlight-code .microlight { padding-bottom: 56px !important; }
  .swagger-ui .dialog-ux .modal-ux-content { max-height: calc(90vh - 80px); }
}
`
